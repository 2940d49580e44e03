import assert from "node:assert/strict";
import { test } from "node:test";
import { smoothed } from "../../../../app/dashboard/static/js/charts/curves.js";

test("smoothing is without bias: a constant stays what it is from the first point on", () => {
  for (const value of smoothed([3, 3, 3, 3], 0.9)) assert.ok(Math.abs(Number(value) - 3) < 1e-12);
});

test("without weight nothing is smoothed, and gaps stay gaps", () => {
  assert.deepEqual(smoothed([1, null, 2], 0), [1, null, 2]);
  assert.equal(smoothed([1, null, 2], 0.5)[1], null);
});

test("smoothing is the weighted mean of all points so far", () => {
  const [, second] = smoothed([1, 4], 0.5);
  assert.equal(second, (0.25 * 1 + 0.5 * 4) / 0.75);
});
