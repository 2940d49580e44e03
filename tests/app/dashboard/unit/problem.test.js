import assert from "node:assert/strict";
import { test } from "node:test";

import { problemOf } from "../../../../app/dashboard/static/js/api.js";

/** @param {string} detail @param {string[]} faults */
function sentences(detail, ...faults) {
  const errors = faults.map((fault) => ({ pointer: "/a", detail: fault }));
  return problemOf(422, JSON.stringify({ detail, errors })).sentences;
}

test("a problem says its whole and each fault, and the same only once", () => {
  assert.deepEqual(sentences("There is none."), ["There is none."]);
  assert.deepEqual(sentences("It goes beyond 2 quotas of Ada.", "One.", "Two."), [
    "It goes beyond 2 quotas of Ada.",
    "One.",
    "Two.",
  ]);
  assert.deepEqual(sentences("One.", "One."), ["One."]);
});
