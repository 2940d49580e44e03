/** Tests of parallel coordinates: what a trial does not have is drawn nowhere. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { placed, showBrushes } from "../../../../app/dashboard/static/js/charts/parallel.js";
import { flat, searched } from "../../../../app/dashboard/static/js/parameters.js";

test("a missing value has no place on any scale", () => {
  const space = Object.fromEntries(["linear", "log", "reverse_log", "symmetric_log"].map((scale) => [scale, { kind: "float", low: 0.1, high: 0.9, scale }]));
  for (const axis of searched({ ...space, words: { kind: "choice", values: ["a", "b"] } })) {
    assert.equal(placed(flat(axis), null), "-");
    assert.equal(typeof placed(flat(axis), axis.choices ? "b" : 0.5), "number");
  }
});

test("only brushes that are not shown yet are drawn", () => {
  const [axis] = searched({ keep_prob: { kind: "float", low: 0, high: 1 } });
  /** @type {any[]} */
  const drawn = [];
  const chart = /** @type {any} */ ({ dispatchAction: (/** @type {any} */ action) => drawn.push(action.intervals) });
  const shown = new Map();
  for (const where of [[], ["param.keep_prob>=0.2", "param.keep_prob<=0.4"], ["param.keep_prob>=0.2", "param.keep_prob<=0.4"], []]) showBrushes(chart, [axis], where, shown);
  assert.deepEqual(drawn, [[[0.2, 0.4]], []]);
});
