import assert from "node:assert/strict";
import { test } from "node:test";
import { clicked, curveOptions, smoothed } from "../../../../app/dashboard/static/js/charts/curves.js";

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

/** @param {number} trial @param {"completed" | "pruned"} state @param {number[]} values */
function curve(trial, state, values) {
  return { trial, state, value: values.at(-1) ?? null, epochs: values.map((_, row) => row + 1), values };
}

/** @param {() => void} act */
function withPage(act) {
  const before = [globalThis.document, globalThis.getComputedStyle];
  const page = { createElement: () => ({ style: {}, remove() {} }), body: { append() {} } };
  Object.assign(globalThis, { document: page, getComputedStyle: () => ({ color: "black" }) });
  act();
  Object.assign(globalThis, { document: before[0], getComputedStyle: before[1] });
}

const HOW = { weight: 0, log: false, best: 0, rungs: [1, 3] };

test("the end of each stopped trial is marked, and the epochs at which trials are compared", () => {
  withPage(() => {
    const found = curveOptions([curve(0, "completed", [0.4, 0.2]), curve(1, "pruned", [0.9])], "dev_error", HOW).series;
    const [stopped, rungs] = /** @type {any[]} */ (found.slice(-2));
    assert.deepEqual(stopped.data, [{ value: [1, 0.9], trial: 1, state: "pruned" }]);
    assert.equal(stopped.tooltip.formatter({ data: stopped.data[0] }), "trial 1, pruned after epoch 1");
    assert.deepEqual(rungs.markLine.data, [{ xAxis: 1 }, { xAxis: 3 }]);
  });
});

test("a click on a curve and on the mark of its end means its trial", () => {
  assert.equal(clicked({ seriesId: "trial 7", data: [3, 0.1] }), "7");
  assert.equal(clicked({ seriesId: "stopped", data: { value: [1, 0.9], trial: 12, state: "pruned" } }), "12");
});
