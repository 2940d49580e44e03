/** Data of views: loaded once, and anew when an event says that it changed, at most twice a second. */
import { useEffect, useRef, useState } from "preact/hooks";
import { listen } from "./feed.js";

/** @typedef {import("./feed.js").Told} Told */
/**
 * @template T
 * @typedef {{ value: T | null, error: Error | null, loading: boolean, reload: () => void }} Loaded
 */

const QUIET = 500;

/** How many times as long as a load took there is none after it, up to `SELDOM`: a server that works for it has time for others. */
const REST = 4;

/** Milliseconds between two looks at what takes the server a second of work, such as the analysis of a live sweep. */
export const SELDOM = 10_000;

/**
 * Load what `load` promises, and again whenever `keys` change or an event is `relevant`. The last value stays while the
 * next one loads. After a loss of the stream (`resync`) everything loads anew.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {readonly unknown[]} keys what the load depends on
 * @param {(told: Told) => boolean} [relevant]
 * @param {number} [quiet] milliseconds from an event to the load, in which more of them make no more loads
 * @returns {Loaded<T>}
 */
export function useLive(load, keys, relevant = () => false, quiet = QUIET) {
  const [state, setState] = useState({ value: /** @type {T | null} */ (null), error: /** @type {Error | null} */ (null), loading: true });
  const again = useRef(() => {});
  useEffect(() => {
    const loader = makeLoader(load, setState, quiet);
    again.current = loader.now;
    const stops = whenSeen(() => loader.soon(), (told) => told.kind === "resync" || relevant(told));
    loader.now();
    return () => {
      for (const stop of stops) stop();
      loader.end();
    };
  }, keys);
  return { ...state, reload: () => again.current() };
}

/**
 * Call `act` for each relevant event; for those that come while nobody sees the page once, as soon as someone does.
 * @param {() => void} act @param {(told: Told) => boolean} relevant
 * @returns {(() => void)[]} what ends it
 */
export function whenSeen(act, relevant) {
  let missed = false;
  const take = (/** @type {Told} */ told) => {
    if (!relevant(told)) return;
    if (document.hidden) missed = true;
    else act();
  };
  const seen = () => {
    if (document.hidden || !missed) return;
    missed = false;
    act();
  };
  document.addEventListener("visibilitychange", seen);
  return [listen(take), () => document.removeEventListener("visibilitychange", seen)];
}

/**
 * What loads once at a time: who asks in the meantime gets one more load after it.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {(state: { value: T | null, error: Error | null, loading: boolean } | ((last: any) => any)) => void} show
 */
export function makeLoader(load, show, quiet = QUIET) {
  const ended = new AbortController();
  let busy = false;
  let wanted = false;
  let lasted = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  async function now() {
    clearTimeout(timer);
    timer = undefined;
    if (busy) {
      wanted = true;
      return;
    }
    busy = true;
    const began = performance.now();
    try {
      const value = await load(ended.signal);
      lasted = performance.now() - began; // of one that fails nothing is known: it may have waited for nobody
      if (!ended.signal.aborted) show({ value, error: null, loading: false });
    } catch (error) {
      if (!ended.signal.aborted) show((/** @type {any} */ last) => ({ ...last, error, loading: false }));
    }
    busy = false;
    if (wanted && !ended.signal.aborted) {
      wanted = false;
      soon();
    }
  }

  function soon() {
    timer ??= setTimeout(now, Math.max(quiet, Math.min(REST * lasted, SELDOM)));
  }

  function end() {
    clearTimeout(timer);
    ended.abort();
  }

  return { now, soon, end };
}
