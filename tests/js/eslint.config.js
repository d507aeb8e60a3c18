// Run from the repository's root: eslint -c tests/js/eslint.config.js pipeline tests/js
import js from "@eslint/js";
import globals from "globals";

const HTML = "Participants' words never become HTML: draw with lit-html, or set textContent.";

export default [
  { ignores: ["**/vendor/", "**/node_modules/", "pipeline/comb/help/"] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "array-callback-return": "error",
      complexity: ["error", 16],
      "default-param-last": "error",
      eqeqeq: "error",
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", 80],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({ property, message: HTML })),
        { object: "document", property: "write", message: HTML },
      ],
      "no-sequences": "error",
      "no-shadow": "error",
      "no-unused-expressions": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
    },
  },
  { files: ["pipeline/**/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["pipeline/comb/report/*.js"], languageOptions: { sourceType: "script" } },
  // A describe() is a list of tests, as long as it needs to be.
  { files: ["tests/js/**/*.js"], languageOptions: { globals: globals.node }, rules: { "max-lines-per-function": "off" } },
];
