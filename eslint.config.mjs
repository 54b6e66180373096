// Style of TypeScript, and the boundary between the extension and what the schemas own.
import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** Names that trainsmith_schemas owns, in editor/ and runs/layout.py; the extension imports them. */
const OWNED = "Literal[value=/^(trainsmith[.\\u002f]|events\\.jsonl$|experiments\\.md$)/]";

/** Notifications and dialogs, in which VS Code makes links and icons of some texts. */
const NOTIFICATION =
  "MemberExpression[property.name=/^(show(Error|Warning|Information)Message|(show|create)(QuickPick|InputBox))$/]";

/** Programs are started by extension/src/shared/child: in a folder of our own, without a shell. */
const CHILD_PROCESSES = ["child_process", "node:child_process"].map((name) => ({
  name,
  message: "Use extension/src/shared/child: it starts programs in a folder of our own.",
}));

/** The same for the scripts, and no shell that would read arguments as commands. */
const IN_SCRIPTS = CHILD_PROCESSES.map(({ name }) => ({
  name,
  message: "Use scripts/lib/run: it starts programs without a shell.",
}));
const SHELL = {
  selector: "Property[key.name='shell'], ImportExpression[source.value=/child_process$/]",
  message: "Use scripts/lib/run with a list of arguments.",
};

const NOT_OUR_TESTS = { group: ["../../**/tests/*"] };

/** One for each place that code runs in: the extension's host and unit tests, pages, the workbench. */
const PROJECTS = [
  "./tsconfig.json",
  "./extension/src/webview/tsconfig.json",
  "./tests/e2e/tsconfig.json",
];

/** What only a page has. The host's tsconfig has no DOM, but highlight.js' types bring it along. */
const OF_PAGES = [
  ...["window", "document", "location", "navigator", "localStorage"],
  ...["Element", "HTMLElement", "requestAnimationFrame", "getComputedStyle"],
];

export default defineConfig(
  { ignores: ["dist/", "node_modules/", "test-output/", ".venv/", "demo-output/"] },
  { ignores: ["extension/src/generated/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts", "**/*.mts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: PROJECTS } },
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
        { selector: NOTIFICATION, message: "Use extension/src/shared/notify: it cleans the text." },
      ],
      "no-restricted-imports": ["error", { paths: CHILD_PROCESSES, patterns: [NOT_OUR_TESTS] }],
    },
  },
  {
    files: ["extension/src/shared/notify.ts"],
    rules: { "no-restricted-syntax": "off" },
  },
  {
    files: ["extension/src/shared/child.ts"],
    rules: { "no-restricted-imports": ["error", { patterns: [NOT_OUR_TESTS] }] },
  },
  {
    files: ["extension/src/**/*.ts"],
    ignores: ["extension/src/webview/**"],
    rules: { "no-restricted-globals": ["error", ...OF_PAGES] },
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
    rules: {
      "no-restricted-imports": ["error", { paths: IN_SCRIPTS }],
      "no-restricted-syntax": ["error", SHELL],
    },
  },
  {
    files: ["scripts/lib/run.mjs"],
    rules: { "no-restricted-imports": "off" },
  },
);
