import assert from "node:assert/strict";
import { test } from "node:test";
import { toCsv } from "../../../../app/dashboard/static/js/charts/download.js";

test("text with commas and quotes stays one cell, and lines end as RFC 4180 says", () => {
  assert.equal(toCsv({ columns: ["a", "b"], rows: [[1, 'say "x", y']] }), 'a,b\r\n1,"say ""x"", y"\r\n');
});

test("text that a spreadsheet would run as a formula is no formula, and numbers stay numbers", () => {
  assert.equal(toCsv({ columns: ["a", "b"], rows: [["=1+1", -5]] }), "a,b\r\n'=1+1,-5\r\n");
});

test("lists are written as JSON, and what is missing is empty", () => {
  assert.equal(toCsv({ columns: ["a", "b"], rows: [[[64, 32], null]] }), 'a,b\r\n"[64,32]",\r\n');
});
