import lockfile from "../tool/package-lock.json"
import manifest from "../tool/package.json"

// The npm project that eslint is installed from, and its configuration. Both are text, because a running module cannot
// read its own folder.

/** package.json and package-lock.json for `npm ci`. */
export const files: Record<string, string> = {
  "package.json": JSON.stringify(manifest),
  "package-lock.json": JSON.stringify(lockfile),
}

/** The configuration of eslint (eslint.config.mjs). */
export const config = `
// The rules of eslint-plugin-sonarjs for vulnerabilities and security hotspots (types of Sonar's rule specifications),
// for every file, whatever the project's own linter says. A vulnerability is an error, a hotspot a warning.
import parser from "@typescript-eslint/parser"
import sonarjs from "eslint-plugin-sonarjs"
import vue from "vue-eslint-parser"

const errors = [
  "code-eval", "disabled-auto-escaping", "dompurify-unsafe-config", "dynamically-constructed-templates",
  "encryption-secure-mode", "hardcoded-secret-signatures", "insecure-jwt-token", "no-hardcoded-passwords",
  "no-hardcoded-secrets", "no-unsafe-unzip", "no-weak-cipher", "no-weak-keys", "os-command", "post-message",
  "review-blockchain-mnemonic", "session-regeneration", "sql-queries", "unverified-certificate",
  "unverified-hostname", "weak-ssl", "xml-parser-xxe",
]
const warnings = [
  "confidential-information-logging", "content-length", "content-security-policy", "cookie-no-httponly", "cors",
  "csrf", "disabled-resource-integrity", "file-permissions", "file-uploads", "frame-ancestors", "hashing",
  "hidden-files", "insecure-cookie", "link-with-target-blank", "no-clear-text-protocols", "no-hardcoded-ip",
  "no-intrusive-permissions", "no-ip-forward", "no-mime-sniff", "no-mixed-content", "no-os-command-from-path",
  "no-referrer-policy", "no-session-cookies-on-static-assets", "production-debug", "pseudo-random",
  "publicly-writable-directories", "slow-regex", "strict-transport-security", "super-linear-regex",
  "web-sql-database", "x-powered-by",
]

export default [
  {
    ignores: [
      "**/node_modules/**", "**/*.test.*", "**/*.spec.*", "**/test/**", "**/tests/**",
    ],
  },
  {
    files: ["**/*.{js,mjs,cjs,jsx,ts,mts,cts,tsx,vue}"],
    // Comments in the sources are ignored.
    linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: "off" },
    languageOptions: { parser: vue, parserOptions: { parser, sourceType: "module", ecmaFeatures: { jsx: true } } },
    plugins: { sonarjs },
    rules: Object.fromEntries([
      ...errors.map((rule) => [\`sonarjs/\${rule}\`, "error"]),
      ...warnings.map((rule) => [\`sonarjs/\${rule}\`, "warn"]),
    ]),
  },
]
`
