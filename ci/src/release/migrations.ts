// The difference between the migration files of two releases.

/**
 * Compares the texts of migrations by path. `fresh` are the paths that only the later source has. `altered` are those
 * of the earlier source whose text is another one now, or which are gone: a migration that ran somewhere must stay as
 * it was.
 */
export function compareMigrations(
  before: Record<string, string>,
  after: Record<string, string>,
): { fresh: string[]; altered: string[] } {
  return {
    fresh: Object.keys(after)
      .filter((path) => !(path in before))
      .sort(),
    altered: Object.keys(before)
      .filter((path) => before[path] !== after[path])
      .sort(),
  }
}
