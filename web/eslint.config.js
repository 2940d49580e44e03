// The rules for the dashboard's modules and their tests; types are tsc's matter.
import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-console": "error",
      "no-implicit-globals": "error",
      "no-eval": "error",
      "no-new-func": "error",
      complexity: ["error", 12],
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", { max: 80, skipBlankLines: true, skipComments: true }],
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  { files: ["tests/**", "web/**"], languageOptions: { globals: { ...globals.node } } },
  { ignores: ["**/node_modules/**", "app/dashboard/static/vendor/**", ".venv/**", "**/.*/**"] },
];
