import assert from "node:assert/strict";
import { test } from "node:test";
import { drifted, warningsOf } from "../../../../app/dashboard/static/js/drift.js";
import { workersOf } from "../../../../app/dashboard/static/js/views/sweeps.js";

test("a worker that trains two sweeps counts for both", () => {
  const found = workersOf([{ training: [{ sweep: "a" }, { sweep: "b" }] }, { training: [{ sweep: "a" }] }, { training: [] }]);
  assert.deepEqual([...found], [["a", 2], ["b", 1]]);
});

test("a data set drifts if its card warns, and one without a card of it does not", () => {
  const odd = { sha256: "1", card: { drift: { warnings: ["They differ."] } } };
  const even = { sha256: "2", card: { drift: { warnings: [] } } };
  assert.deepEqual([...drifted([odd, even, { sha256: "3", card: {} }])], ["1"]);
  assert.deepEqual(warningsOf(odd), ["They differ."]);
});
