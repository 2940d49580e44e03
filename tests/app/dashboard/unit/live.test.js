import assert from "node:assert/strict";
import { test } from "node:test";
import { makeLoader } from "../../../../app/dashboard/static/js/live.js";

test("who asks while something loads gets one more load after it, however often", async () => {
  let loads = 0;
  /** @type {(value: number) => void} */
  let answer = () => {};
  /** @type {number[]} */
  const shown = [];
  /** @type {() => void} */
  let done = () => {};
  const second = new Promise((resolve) => (done = () => resolve(null)));
  const loader = makeLoader(
    () => new Promise((resolve) => ((loads += 1), (answer = resolve), loads === 2 && (resolve(2), done()))),
    (/** @type {any} */ state) => shown.push(state.value),
  );
  const first = loader.now();
  loader.now();
  loader.now();
  answer(1);
  await first;
  await second;
  await new Promise(setImmediate);
  assert.deepEqual(shown, [1, 2]);
  loader.end();
});

test("what was asked for by a view that has gone is not shown", async () => {
  /** @type {unknown[]} */
  const shown = [];
  const loader = makeLoader(async () => 1, (state) => shown.push(state));
  const loading = loader.now();
  loader.end();
  await loading;
  assert.deepEqual(shown, []);
});
