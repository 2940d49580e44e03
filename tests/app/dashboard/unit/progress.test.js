import assert from "node:assert/strict";
import { test } from "node:test";
import { progress, secondsLeft } from "../../../../app/dashboard/static/js/progress.js";

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

test("what is left is told by the pace so far, and never beyond the budget of seconds", () => {
  const started = { started_at: "2026-01-01T00:00:00Z" };
  const later = Date.parse("2026-01-01T00:01:00Z");
  assert.equal(secondsLeft(sweep({ ...started, counts: { completed: 2 } }), later), 180);
  assert.equal(secondsLeft(sweep({ ...started, counts: { completed: 2 }, budget: { trials: 8, seconds: 100 }, used: { seconds: 20 } }), later), 80);
});

test("nothing tells how long a sweep takes that is paused, has no worker or no result", () => {
  const started = { started_at: "2026-01-01T00:00:00Z" };
  assert.equal(secondsLeft(sweep({ ...started, state: "paused" }), 1e13), null);
  assert.equal(secondsLeft(sweep({ ...started, no_workers: "No worker." }), 1e13), null);
  assert.equal(secondsLeft(sweep({ ...started, counts: { running: 2 } }), 1e13), null);
});
