/** Tests of the numbers that charts of a model's answers hand out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { confusionNumbers, residualNumbers, rocNumbers } from "../../../../app/dashboard/static/js/charts/answers.js";

test("a confusion matrix is handed out with the names of its classes", () => {
  const found = confusionNumbers({ classes: ["no", "yes"], counts: [[5, 1], [2, 7]], more_classes: 0 });
  assert.deepEqual(found.columns.slice(1), ["no", "yes"]);
  assert.deepEqual(found.rows, [["no", 5, 1], ["yes", 2, 7]]);
});

test("every point of every ROC curve is handed out", () => {
  const found = rocNumbers([{ name: "a", area: 0.75, false_positive_rate: [0, 0.5, 1], true_positive_rate: [0, 1, 1] }]);
  assert.deepEqual(found.rows, [["a", 0.75, 0, 0], ["a", 0.75, 0.5, 1], ["a", 0.75, 1, 1]]);
});

test("a bin of residuals is handed out with its two edges", () => {
  const found = residualNumbers({ target: "y", actual: [], predicted: [], edges: [-1, 0, 1], counts: [3, 4] });
  assert.deepEqual(found.rows, [[-1, 0, 3], [0, 1, 4]]);
});
