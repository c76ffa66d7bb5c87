// A recipe while it is edited: what was typed, whether it is valid, what it costs, and how it meets another person's change.
import type { FieldError, Ingredient, NewRecipe, Recipe } from "./api"

/** A recipe as typed. */
export interface Draft {
  portions: string
  lines: { ingredientId: string; quantity: string }[]
  /** On the preparation, "" for none. */
  note: string
}

/** Messages by field: "portions", "note", "lines" for the list, an ingredient's identifier for its quantity, "" for all else. */
export type Notes = Record<string, string>

const most = { portions: 10_000, quantity: 1_000_000, lines: 100, note: 2000 }

export function draftOf(recipe: NewRecipe): Draft {
  return {
    portions: String(recipe.portions),
    lines: recipe.lines.map((line) => ({ ingredientId: line.ingredientId, quantity: String(line.quantity) })),
    note: recipe.note ?? "",
  }
}

/** The whole number that a text is; null when it is none, or not between 1 and `limit`. */
function whole(text: string, limit: number): number | null {
  const value = /^\d{1,7}$/.test(text.trim()) ? Number(text) : 0
  return value >= 1 && value <= limit ? value : null
}

/** What is wrong with a draft; empty when nothing is. */
export function check(draft: Draft): Notes {
  const notes: Notes = {}
  if (whole(draft.portions, most.portions) === null) notes.portions = "Enter a whole number from 1 to 10,000."
  if (draft.lines.length === 0) notes.lines = "A recipe needs at least one ingredient."
  if (draft.lines.length > most.lines) notes.lines = "A recipe can hold 100 ingredients at most."
  for (const line of draft.lines)
    if (whole(line.quantity, most.quantity) === null)
      notes[line.ingredientId] = "Enter a whole number from 1 to 1,000,000."
  // The service counts characters, of which some are two for JavaScript.
  const length = [...draft.note].length
  if (length > most.note) notes.note = `That is ${length} characters; ${most.note} are possible.`
  return notes
}

/**
 * The recipe that a valid draft means. Everything else is as it was read, also what this page does not know: a PUT replaces the whole
 * recipe, so that a field left out here would be deleted.
 */
export function recipeOf(read: Recipe, draft: Draft): NewRecipe {
  const lines = new Map(read.lines.map((line) => [line.ingredientId, line]))
  const meant: NewRecipe & { id?: string } = {
    ...read,
    portions: Number(draft.portions),
    lines: draft.lines.map(({ ingredientId, quantity }) => ({
      ...lines.get(ingredientId),
      ingredientId,
      quantity: Number(quantity),
    })),
    note: draft.note || undefined,
  }
  delete meant.id
  return meant
}

/** The cost of a line in euro cents with fractions; null when its price or its quantity is not known. */
export function lineCost(line: Draft["lines"][number], stock: Map<string, Ingredient>): number | null {
  const ingredient = stock.get(line.ingredientId)
  const amount = whole(line.quantity, most.quantity)
  return ingredient === undefined || amount === null ? null : (amount * ingredient.priceMinor) / ingredient.packSize
}

/**
 * The cost of a portion in euro cents; null when it is not known. Packs are divided and the sum is rounded once, half up, in the
 * order of the lines: the recipes service does the same with the same kind of numbers, so that both come to the same cent.
 */
export function portionCost(draft: Draft, stock: Map<string, Ingredient>): number | null {
  const portions = whole(draft.portions, most.portions)
  const costs = draft.lines.map((line) => lineCost(line, stock))
  if (portions === null || costs.length === 0 || costs.includes(null)) return null
  return Math.floor(costs.reduce<number>((sum, cost) => sum + cost!, 0) / portions + 0.5)
}

export function same(a: Draft, b: Draft): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** The service's field errors at the fields of the draft that was sent. It names a line `lines[0].quantity` or `lines.0.quantity`. */
export function notesOf(fields: FieldError[], sent: Draft): Notes {
  const notes: Notes = {}
  for (const { field, detail } of fields) {
    const at = /^lines[.[](\d+)/.exec(field)
    const line = at ? sent.lines[Number(at[1])] : undefined
    if (line) notes[line.ingredientId] = detail
    else if (field === "portions" || field === "lines" || field === "note") notes[field] = detail
    else notes[""] = `${field}: ${detail}`
  }
  return notes
}

/**
 * Brings a draft that was begun on `base` onto `theirs`, which someone else saved meanwhile: what was typed stays, what was not
 * touched becomes theirs. The notes say what they saved where both have changed the same field.
 */
export function merge(base: Recipe, typed: Draft, theirs: Recipe): { draft: Draft; notes: Notes } {
  const notes: Notes = {}
  const before = draftOf(base)
  const saved = draftOf(theirs)
  const quantities = (draft: Draft) => new Map(draft.lines.map((line) => [line.ingredientId, line.quantity]))
  const [old, mine, other] = [quantities(before), quantities(typed), quantities(saved)]

  /** One value of three; undefined means that there is no such line. */
  const pick = <T extends string | undefined>(field: string, was: T, typedNow: T, savedNow: T): T => {
    if (typedNow === was) return savedNow
    if (savedNow !== was && savedNow !== typedNow)
      notes[field] = savedNow ? `The other person saved ${savedNow}.` : "Removed by the other person."
    return typedNow
  }

  const portions = pick("portions", before.portions, typed.portions, saved.portions)
  const note = pick("note", before.note, typed.note, saved.note)
  if (notes.note && saved.note) notes.note = `The other person saved “${saved.note}”.`
  const order = [...new Set([...mine.keys(), ...other.keys()])]
  const lines = order.flatMap((ingredientId) => {
    const quantity = pick(ingredientId, old.get(ingredientId), mine.get(ingredientId), other.get(ingredientId))
    return quantity === undefined ? [] : [{ ingredientId, quantity }]
  })
  return { draft: { portions, lines, note }, notes }
}
