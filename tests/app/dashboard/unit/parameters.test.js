import assert from "node:assert/strict";
import { test } from "node:test";
import { conditions, fieldOf, flat, interval, searched, without } from "../../../../app/dashboard/static/js/parameters.js";

const SPACE = {
  learning_rate: { kind: "float", low: 1e-4, high: 1, scale: "log" },
  beta1: { kind: "float", low: 0.9, high: 0.999, scale: "reverse_log" },
  hidden_units: { kind: "choice", values: [[32], [64, 32]] },
};
const [rate, beta, units] = searched(SPACE);

test("what is brushed on a scale becomes conditions, and these the same brush again", () => {
  for (const axis of [rate, beta]) {
    const { to } = flat(axis);
    const brush = /** @type {[number, number]} */ ([to(0.91), to(0.99)]);
    const back = /** @type {[number, number]} */ (interval(axis, conditions(axis, brush)));
    assert.ok(Math.abs(back[0] - brush[0]) < 1e-3 && Math.abs(back[1] - brush[1]) < 1e-3);
  }
  assert.deepEqual(conditions(rate, [-3, -1]), ["param.learning_rate>=0.001", "param.learning_rate<=0.1"]);
});

test("brushed choices are written as JSON, lists too", () => {
  assert.deepEqual(conditions(units, [-0.4, 0.4]), ["param.hidden_units in [[32]]"]);
  assert.deepEqual(interval(units, ["param.hidden_units in [[64,32]]"]), [0.6, 1.4]);
  assert.deepEqual(conditions(units, [0.2, 0.8]), []);
});

test("exactly zero has no place on a log scale", () => {
  assert.equal(flat(rate).to(0), null);
});

test("a condition belongs to its field, whatever its operator", () => {
  assert.equal(fieldOf("param.l2>=0.1"), "param.l2");
  assert.equal(fieldOf('param.hidden_units in [[1]]'), "param.hidden_units");
  assert.equal(fieldOf("dev_error != null"), "dev_error");
  assert.deepEqual(without(["param.l2>=0.1", "param.l2_start=1"], "param.l2"), ["param.l2_start=1"]);
});
