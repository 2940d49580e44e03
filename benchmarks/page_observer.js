/**
 * What a page under measurement notes of itself: requests under way, the first chart, the paint after each input, long
 * tasks, and the longest time between two frames. It is put into the page before its own scripts.
 */
(() => {
  const observed = { pending: 0, answered: 0, chartAt: null, contentAt: null, inputAt: null, paint: 0, task: 0, frame: 0 };
  window.observed = observed;

  const ask = window.fetch;
  window.fetch = async (...about) => {
    observed.pending += 1;
    try {
      return await ask(...about);
    } catch (error) {
      observed.pending -= 1;
      throw error;
    }
  };
  const read = Response.prototype.text;
  Response.prototype.text = async function text() {
    try {
      return await read.call(this);
    } finally {
      observed.pending -= 1;
      observed.answered += 1;
    }
  };

  for (const type of ["pointerdown", "keydown", "input"]) {
    addEventListener(type, (event) => (observed.inputAt ??= event.timeStamp), { capture: true });
  }
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.interactionId) observed.paint = Math.max(observed.paint, entry.duration);
  }).observe({ type: "event", durationThreshold: 16 });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) observed.task = Math.max(observed.task, entry.duration);
  }).observe({ type: "longtask" });

  let last = performance.now();
  const look = (now) => {
    observed.frame = Math.max(observed.frame, now - last);
    last = now;
    if (document.querySelector("main h1")) observed.contentAt ??= now;
    if (document.querySelector(".chart canvas")) observed.chartAt ??= now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);

  /** Whether the page shows all that it asked for. */
  const isSettled = () =>
    observed.pending === 0 && !document.querySelector("p.quiet[role=status], .chart[aria-busy]") && document.querySelector("main h1");

  /** Forget what was noted so far. */
  window.beginStep = () => Object.assign(observed, { answered: 0, inputAt: null, paint: 0, task: 0, frame: 0 });

  /** Milliseconds from the input until all is shown; two more frames, as what came last is painted by then. */
  window.settled = (answers) =>
    new Promise((done, fail) => {
      let frames = 0;
      setTimeout(() => fail(new Error(`The page has not settled: ${JSON.stringify(observed)}`)), 60_000);
      const wait = (now) => {
        frames = observed.answered >= answers && isSettled() ? frames + 1 : 0;
        if (frames < 3) requestAnimationFrame(wait);
        else setTimeout(() => done(now - (observed.inputAt ?? 0)), 0);
      };
      requestAnimationFrame(wait);
    });
})();
