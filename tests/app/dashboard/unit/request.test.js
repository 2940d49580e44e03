import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, firstRange, list, listed, typed, withParameter } from "../../../../app/dashboard/static/js/views/new/request.js";

test("choices that were shown are read back as they were", () => {
  for (const values of [[[64], [64, 32]], ["adam", "sgd"], [1, 2.5], [true]]) assert.deepEqual(list(listed(values)), values);
});

test("words need no quotation marks", () => {
  assert.deepEqual(list("adam, sgd"), ["adam", "sgd"]);
  assert.equal(typed("relu"), "relu");
  assert.equal(typed("0.5"), 0.5);
});

test("a parameter that is changed stays at its place, one that is removed is gone", () => {
  const request = { space: { a: 1, b: 2, c: 3 } };
  assert.deepEqual(Object.keys(withParameter(request, "b", "b", 5).space), ["a", "b", "c"]);
  assert.deepEqual(withParameter(request, "b", null, null).space, { a: 1, c: 3 });
});

test("an empty value leaves its field out", () => {
  assert.deepEqual(changed({ name: "x", tags: ["t"] }, "tags", []), { name: "x" });
  assert.deepEqual(changed({ name: "x" }, "name", ""), {});
});

test("a rate begins on a log scale around its default", () => {
  assert.deepEqual(firstRange({ name: "learning_rate", kinds: ["float"], json_schema: {}, default: 0.01 }), { kind: "float", low: 0.001, high: 0.1, scale: "log" });
});
