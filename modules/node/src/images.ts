// The image of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  node: "node:24.21.0-bookworm-slim",
}

/**
 * The package managers for projects whose package.json names none, by the version of the lock file: a newer manager
 * would want to write the file anew. The first entry whose number is at least that of the file counts.
 */
export const managers = {
  pnpm: [
    { upTo: 5.3, package: "pnpm@6.35.1" },
    { upTo: 5.4, package: "pnpm@7.33.7" },
    { upTo: 6.9, package: "pnpm@8.15.9" },
    { upTo: Infinity, package: "pnpm@10.34.8" },
  ],
  yarn: [{ upTo: 1, package: "yarn@1.22.22" }],
  berry: [
    { upTo: 4, package: "@yarnpkg/cli-dist@2.4.3" },
    { upTo: 7, package: "@yarnpkg/cli-dist@3.8.7" },
    { upTo: 8, package: "@yarnpkg/cli-dist@4.12.0" },
    { upTo: 9, package: "@yarnpkg/cli-dist@4.14.1" },
    { upTo: Infinity, package: "@yarnpkg/cli-dist@4.18.1" },
  ],
  bun: [{ upTo: Infinity, package: "bun@1.4.5" }],
}
