// Style of TypeScript, and the boundary between the extension and what the schemas own.
import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** Names that schemas/trainsmith_schemas/editor/protocol.py owns; the extension imports them. */
const OWNED = "Literal[value=/^trainsmith[.\\u002f]/]";

export default defineConfig(
  { ignores: ["dist/", "node_modules/", "test-output/", ".venv/", "demo-output/"] },
  { ignores: ["extension/src/generated/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: "./tsconfig.json" } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  {
    files: ["extension/src/**/*.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        { selector: OWNED, message: "Import this name from extension/src/generated/protocol." },
      ],
      "no-restricted-imports": [
        "error",
        { paths: ["child_process"], patterns: [{ group: ["../../**/tests/*"] }] },
      ],
    },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: {
      globals: {
        console: "readonly",
        process: "readonly",
        setTimeout: "readonly",
        clearTimeout: "readonly",
        fetch: "readonly",
      },
    },
  },
);
