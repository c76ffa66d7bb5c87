// Recipes of stand-in images (engine/images/*.yaml): what they may say, and reading them.
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { parse } from "yaml"
import { repository } from "./paths.js"
import { hashOf } from "./stamp.js"

/** One stand-in, as engine/images/*.yaml describes it. The parts are put together in the order of these keys. */
export interface Recipe {
  /** Full name and tag of the vendor's image. */
  image: string
  /** What the stand-in is made of, in one line. */
  about: string
  /** Another image of the mirror, or the name of a Debian root (`base`) that provisioning made. */
  from: string
  /** Debian packages. */
  debian?: string[]
  /** Puts Go at /usr/local/go: the toolchain that provisioning fetched. */
  goToolchain?: boolean
  /** Go programs as package@version, by the file they become; built in the image that `goBuilder` names. */
  go?: Record<string, string>
  goBuilder?: string
  /** Go projects that are built in `goBuilder`. */
  goProject?: GoProject | GoProject[]
  /** Files and folders of npm packages that provisioning fetched, by their path in the image. */
  npm?: Record<string, string>
  /**
   * npm projects by their path in the image: folders of engine/images with package.json and package-lock.json,
   * installed in the image that `from` names.
   */
  npmLock?: Record<string, string>
  /**
   * Python projects by their path in the image: folders of engine/images with a requirements.txt (versions and hashes).
   * Each is installed into a virtual environment; the image has python3-venv.
   */
  pip?: Record<string, string>
  /**
   * Java libraries by their folder in the image: folders of engine/images with a pom.xml. What it names, and all that
   * this depends on, is fetched with Debian's Maven in the image that `from` names.
   */
  maven?: Record<string, string>
  /** The same for archives: folders of engine/images with a pom.xml whose zip dependencies are unpacked. */
  mavenUnpack?: Record<string, string>
  /** Texts of files by their path in the image. A file that begins with `#!` is executable. */
  files?: Record<string, string>
  /** Targets of symbolic links, by their path in the image. */
  links?: Record<string, string>
  /** Shell commands that root runs when all of the above is in place. */
  run?: string[]
  env?: Record<string, string>
  user?: string
  workdir?: string
  entrypoint?: string[]
  command?: string[]
}

/** A folder of engine/images with go.mod and go.sum, and its programs as packages, by the file they become. */
export interface GoProject {
  folder: string
  programs: Record<string, string>
  ldflags?: string
  tags?: string
}

const recipeKeys = (
  "image about from debian goToolchain go goBuilder goProject npm npmLock pip maven mavenUnpack " +
  "files links run env user workdir entrypoint command"
).split(" ")

/** The folder of the recipes. */
export const recipeFolder = join(repository, "engine/images")

/** The full name of an image: `node:24` is `docker.io/library/node:24`. A tag is required; a digest is refused. */
export function canonicalName(reference: string): string {
  if (reference.includes("@"))
    throw new Error(`${reference}: an image with a digest is the vendor's own; a stand-in cannot have it`)
  const [first, ...rest] = reference.split("/")
  const host = rest.length && /[.:]|^localhost$/.test(first!) ? first! : "docker.io"
  const path = host === first ? rest.join("/") : reference
  const full = host === "docker.io" && !path.includes("/") ? `library/${path}` : path
  if (!/:[\w][\w.-]*$/.test(full))
    throw new Error(`${reference} has no tag: name the version that is wanted, such as ${reference}:1.2.3`)
  return `${host}/${full}`
}

/** The Go projects of a recipe. */
export function goProjects(recipe: Recipe): GoProject[] {
  return recipe.goProject ? [recipe.goProject].flat() : []
}

/**
 * A hash of all that a recipe's Go programs are compiled from; undefined where it has none. The root and the packages of
 * the image that compiles are not in it: the programs are static.
 */
export function programsKey(recipe: Recipe, compiler: string): string | undefined {
  const { go, goProject, goBuilder } = recipe
  if (!go && !goProject) return undefined
  return hashOf(
    go,
    goProject,
    goBuilder,
    compiler,
    lockTexts({ ...recipe, npmLock: {}, pip: {}, maven: {}, mavenUnpack: {} }),
  )
}

/** All recipes, by the full name of the image that each stands in for. */
export function readRecipes(from = recipeFolder): Map<string, Recipe> {
  const names = readdirSync(from).filter((name) => name.endsWith(".yaml") && name !== "overrides.yaml")
  const recipes = new Map<string, Recipe>()
  for (const name of names.sort()) {
    const recipe = parse(readFileSync(join(from, name), "utf8")) as Recipe
    const fault = faultOf(recipe, from)
    if (fault) throw new Error(`engine/images/${name}: ${fault}`)
    recipes.set(recipe.image, recipe)
  }
  return recipes
}

/** The first fault of a recipe: a key that is unknown or missing, or a file that is not there. */
function faultOf(recipe: Recipe, folder: string): string | undefined {
  const unknown = Object.keys(recipe).find((key) => !recipeKeys.includes(key))
  if (unknown) return `${unknown} is not known; allowed are ${recipeKeys.join(", ")}`
  const missing = (["image", "about", "from"] as const).find((key) => !recipe[key])
  if (missing) return `${missing} is missing`
  const full = canonicalName(recipe.image)
  if (full !== recipe.image) return `image ${recipe.image} must be written in full: ${full}`
  if ((recipe.go || recipe.goProject) && !recipe.goBuilder)
    return "goBuilder is missing: the image that builds the Go programs"
  const wanted: [key: string, projects: string[], file: string][] = [
    ["goProject", goProjects(recipe).map((project) => project.folder), "go.sum"],
    ["npmLock", Object.values(recipe.npmLock ?? {}), "package-lock.json"],
    ["pip", Object.values(recipe.pip ?? {}), "requirements.txt"],
    ["maven", Object.values({ ...recipe.maven, ...recipe.mavenUnpack }), "pom.xml"],
  ]
  for (const [key, projects, file] of wanted) {
    const project = projects.find((one) => !existsSync(join(folder, one, file)))
    if (project !== undefined) return `${key}: there is no engine/images/${project}/${file}`
  }
  const wrong = Object.entries(recipe.files ?? {}).find(([path, text]) => typeof text !== "string" || path[0] !== "/")
  return wrong && `files: ${wrong[0]} must be an absolute path with the file's text`
}

/** The files of an npm project that decide what is installed. */
export function lockFiles(project: string): string[] {
  return ["package.json", "package-lock.json", ".npmrc"].filter((file) => existsSync(join(recipeFolder, project, file)))
}

/** The texts of the folders that a recipe names, with their files' names: when one changes, the image is built again. */
export function lockTexts(recipe: Recipe): string[] {
  const files = (project: string) =>
    readdirSync(join(recipeFolder, project), { recursive: true, encoding: "utf8" })
      .map((file) => join(recipeFolder, project, file))
      .filter((file) => statSync(file).isFile())
      .sort()
  const npm = Object.values(recipe.npmLock ?? {}).flatMap((project) =>
    lockFiles(project).map((file) => readFileSync(join(recipeFolder, project, file), "utf8")),
  )
  const others = [
    ...goProjects(recipe).map((project) => project.folder),
    ...Object.values(recipe.pip ?? {}),
    ...Object.values(recipe.maven ?? {}),
    ...Object.values(recipe.mavenUnpack ?? {}),
  ]
  const texts = others.flatMap(files).flatMap((file) => [file.slice(recipeFolder.length), readFileSync(file, "utf8")])
  return [...npm, ...texts]
}

/** Vendor's images that another image stands in for, where names cannot agree (engine/images/overrides.yaml). */
export function readOverrides(): Record<string, string> {
  const file = join(recipeFolder, "overrides.yaml")
  return (existsSync(file) && (parse(readFileSync(file, "utf8")) as Record<string, string> | null)) || {}
}
