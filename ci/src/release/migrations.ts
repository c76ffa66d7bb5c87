// What has happened to a set of migration files between two releases.

/**
 * Compares the texts of migrations by path. `fresh` are those that only the later source has; `altered` those of the earlier one that
 * have another text now, or are gone: a migration that ran somewhere must stay as it was.
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
