/** Tests of rows to predict: what the fields of a form mean. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isNumeric, rowOf, usualRow } from "../../../../app/dashboard/static/js/views/model/row.js";

const COLUMNS = [
  { name: "size", kind: "numeric", fill: 80.5, reading: { as: "numbers" } },
  { name: "sold", kind: "numeric", fill: 738000, reading: { as: "dates" } },
  { name: "colour", kind: "categorical", categories: ["blue", "red"], reading: { as: "words" } },
];

test("fields hold the median or the first word at first, and nothing where texts are read in a way of their own", () => {
  assert.deepEqual(usualRow(COLUMNS), { size: "80.5", sold: "", colour: "blue" });
  assert.deepEqual(COLUMNS.map(isNumeric), [true, false, false]);
});

test("numbers are sent as numbers, texts as texts, and what is empty as missing", () => {
  assert.deepEqual(rowOf(COLUMNS, { size: "1e2", sold: "2024-01-14", colour: "" }), { size: 100, sold: "2024-01-14", colour: null });
});
