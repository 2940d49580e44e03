import assert from "node:assert/strict";
import { test } from "node:test";
import { breakable, duration, number, percent, percents, shown, size } from "../../../../app/dashboard/static/js/format.js";

test("a number has four digits that count, and none is lost to rounding to zero", () => {
  assert.equal(number(0.0148148), "0.01481");
  assert.equal(number(0.00000123), "1.23e-6");
  assert.equal(number(12345678.9), "1.23e7");
  assert.equal(number(100000), "100,000");
  assert.equal(number(0), "0");
});

test("what lies close to one is told from it", () => {
  assert.equal(number(0.99997), "0.99997");
  assert.equal(number(0.9992), "0.9992");
  assert.equal(number(1 - 2 ** -40), "0.99999999999909");
  assert.equal(number(0.99949), "0.99949");
});

test("the range of a share is no more exact than it is known", () => {
  assert.equal(percents(0.0000178, 0.25541), "0 % to 26 %");
});

test("a line ends within a name after an underline alone", () => {
  assert.deepEqual(breakable("dev_balanced_accuracy").split("\u200b"), ["dev_", "balanced_", "accuracy"]);
});

test("what is missing is a dash, and never zero", () => {
  for (const format of [number, duration, percent, size]) assert.equal(format(null), "–");
  assert.equal(number(NaN), "–");
});

test("every quantity has its unit", () => {
  assert.equal(duration(0.05), "50 ms");
  assert.equal(duration(75), "1 min 15 s");
  assert.equal(duration(7260), "2 h 1 min");
  assert.equal(size(1536), "1.5 KiB");
  assert.equal(size(0), "0 B");
  assert.equal(percent(0.125), "12.5 %");
});

test("lists of widths and words are shown as they are written", () => {
  assert.equal(shown([64, 32]), "[64,32]");
  assert.equal(shown("adam"), "adam");
});
