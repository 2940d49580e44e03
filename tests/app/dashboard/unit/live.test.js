import assert from "node:assert/strict";
import { test } from "node:test";
import { follow } from "../../../../app/dashboard/static/js/feed.js";
import { makeLoader, SELDOM, whenSeen } from "../../../../app/dashboard/static/js/live.js";

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

/** Loads once, which lasts so long, and asks again. @param {any} t @param {number} lasts @param {boolean} [fails] @returns {Promise<() => number>} the loads so far */
async function loadedOnce(t, lasts, fails = false) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let [loads, now] = [0, 0];
  t.mock.method(performance, "now", () => now);
  const loader = makeLoader(async () => {
    loads += 1;
    now += lasts;
    if (fails) throw new Error("nobody answers");
  }, () => {}, 500);
  await loader.now();
  loader.soon();
  t.after(() => loader.end());
  return () => loads;
}

test("after a load there is none for four times as long as it took", async (t) => {
  const loads = await loadedOnce(t, 1000);
  t.mock.timers.tick(3999);
  assert.equal(loads(), 1);
  t.mock.timers.tick(1);
  assert.equal(loads(), 2);
});

test("a load that took a minute is not waited after for minutes", async (t) => {
  const loads = await loadedOnce(t, 60_000);
  t.mock.timers.tick(SELDOM - 1);
  assert.equal(loads(), 1);
  t.mock.timers.tick(1);
  assert.equal(loads(), 2);
});

test("how long a load took that failed says nothing of the next one", async (t) => {
  const loads = await loadedOnce(t, 60_000, true);
  t.mock.timers.tick(500);
  assert.equal(loads(), 2);
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

test("what happens while nobody sees the page is taken once, when someone does", () => {
  const page = Object.assign(new EventTarget(), { hidden: false, baseURI: "http://here/" });
  const stream = new EventTarget();
  const tell = (/** @type {object} */ data) => stream.dispatchEvent(new MessageEvent("trials", { data: JSON.stringify(data) }));
  const see = (/** @type {boolean} */ hidden) => (page.hidden = hidden, page.dispatchEvent(new Event("visibilitychange")));
  const [before, source] = [globalThis.document, globalThis.EventSource];
  Object.assign(globalThis, { document: page, EventSource: function EventSource() { return stream; } });
  follow();
  let acts = 0;
  const stops = whenSeen(() => (acts += 1), ({ data }) => data.sweep === "one");
  tell({ sweep: "one" });
  tell({ sweep: "another" });
  assert.equal(acts, 1);
  see(true);
  tell({ sweep: "one" });
  tell({ sweep: "one" });
  assert.equal(acts, 1);
  see(false);
  see(false);
  assert.equal(acts, 2);
  for (const stop of stops) stop();
  tell({ sweep: "one" });
  assert.equal(acts, 2);
  Object.assign(globalThis, { document: before, EventSource: source });
});
