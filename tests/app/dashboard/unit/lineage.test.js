/** Tests of lineages: each step tells what became another hyperparameter. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { steps } from "../../../../app/dashboard/static/js/lineage.js";

test("a step tells from whom a trial goes on, after which epoch, and what changed", () => {
  const found = steps({
    lineage: [
      { trial: 5, to_epoch: 2, params: { learning_rate: 0.1, optimizer: "adam" } },
      { trial: 8, to_epoch: 4, params: { learning_rate: 0.2, optimizer: "adam" } },
    ],
    params: { learning_rate: 0.2, optimizer: "adam", l2: 0.5 },
  });
  assert.deepEqual(found, [
    { from: 5, epoch: 2, changes: [{ name: "learning_rate", before: 0.1, after: 0.2 }] },
    { from: 8, epoch: 4, changes: [{ name: "l2", before: undefined, after: 0.5 }] },
  ]);
});
