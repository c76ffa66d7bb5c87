// The rules for this project's own TypeScript; prettier decides the layout. `npm run lint` runs both.
import js from "@eslint/js"
import tseslint from "typescript-eslint"

export default tseslint.config(
  {
    ignores: [
      "**/node_modules/",
      "**/sdk/**/*.gen.ts",
      ".types/",
      "reports/",
      "delivery-reports/",
      "coverage/",
      // The product has linters of its own.
      "services/",
      "engine/sdk/lib/",
      "engine/sdk/template/",
      // Becomes a module, and is checked there.
      "engine/module-template/",
      // Node projects that tests check, with globals of their own runners.
      "test/fixtures/node/",
      // Inputs of tests with seeded faults.
      "test/fixtures/lint/",
      "test/fixtures/sast/",
      "test/fixtures/sonar/",
      "test/fixtures/private/npm/",
      "test/fixtures/dependencies/",
      "test/sdk/modules/",
    ],
  },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ["./tsconfig.json", "./engine/sdk/tsconfig.json"],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // A forgotten `await` is a skipped step: containers are lazy.
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      // An argument that is not read can still be part of a function's cache key.
      "@typescript-eslint/no-unused-vars": [
        "error",
        { args: "none", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      "@typescript-eslint/no-unused-expressions": ["error", { allowTernary: true, allowShortCircuit: true }],
      // Used throughout with `noUncheckedIndexedAccess`, where the value is known to be there.
      "@typescript-eslint/no-non-null-assertion": "off",
      // Dagger's functions are async by their contract, whatever they await.
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    // Answers of tools and of the vendor's scanner, which has no types, are asserted or narrowed where they are used.
    files: ["test/**", "engine/sdk/src/scan/**"],
    rules: Object.fromEntries(
      ["argument", "assignment", "call", "member-access", "return"].map((use) => [
        `@typescript-eslint/no-unsafe-${use}`,
        "off",
      ]),
    ),
  },
  {
    // Assertions there narrow what the engine and the vendor's scanner answer.
    files: ["engine/sdk/**"],
    rules: { "@typescript-eslint/no-unnecessary-type-assertion": "off" },
  },
  {
    files: ["**/*.{ts,js,mjs}"],
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-regex-spaces": "off",
      "no-empty-pattern": "off",
      "no-unused-vars": ["error", { args: "none", ignoreRestSiblings: true, varsIgnorePattern: "^_" }],
      "no-control-regex": "off",
      // Functions of a module's API are methods, and take what a user may give; everything else takes an options object.
      "no-restricted-syntax": [
        "error",
        {
          selector: "FunctionDeclaration[params.length>4]",
          message: "Take an options object instead of more than four arguments.",
        },
      ],
      "max-len": ["error", { code: 150, ignoreUrls: true, ignoreRegExpLiterals: true }],
    },
  },
  {
    files: ["**/*.ts"],
    rules: { "no-unused-vars": "off" },
  },
  {
    files: ["**/*.{js,mjs}"],
    languageOptions: {
      globals: { process: "readonly", console: "readonly", Buffer: "readonly", URL: "readonly", fetch: "readonly" },
    },
  },
)
