/** Tests of parallel coordinates: what a trial does not have is drawn nowhere. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { placed } from "../../../../app/dashboard/static/js/charts/parallel.js";
import { flat, searched } from "../../../../app/dashboard/static/js/parameters.js";

test("a missing value has no place on any scale", () => {
  const space = Object.fromEntries(["linear", "log", "reverse_log", "symmetric_log"].map((scale) => [scale, { kind: "float", low: 0.1, high: 0.9, scale }]));
  for (const axis of searched({ ...space, words: { kind: "choice", values: ["a", "b"] } })) {
    assert.equal(placed(flat(axis), null), "-");
    assert.equal(typeof placed(flat(axis), axis.choices ? "b" : 0.5), "number");
  }
});
