import assert from "node:assert/strict";
import { test } from "node:test";
import { progress } from "../../../../app/dashboard/static/js/progress.js";

/** @param {Record<string, unknown>} changes @returns {any} */
function sweep(changes) {
  return { state: "running", counts: { queued: 2, running: 2, completed: 3, failed: 1 }, budget: { trials: 8 }, used: { epochs: 10, seconds: 5 }, ...changes };
}

test("the largest share of any limit is how far a sweep is", () => {
  assert.equal(progress(sweep({})), 0.5);
  assert.equal(progress(sweep({ budget: { trials: 8, epochs: 12 } })), 10 / 12);
});

test("a completed sweep is done, whatever of its budget is left", () => {
  assert.equal(progress(sweep({ state: "completed", budget: { trials: 100 } })), 1);
});

test("a sweep that has no limit of trials and seconds yet is not done", () => {
  assert.equal(progress(sweep({ budget: { epochs: null, trials: null } })), 0);
});
