/** Which events concern a sweep. */

/** Whether an event is of a kind and of a sweep, or of workers. @param {string} sweep @param {readonly string[]} kinds */
export function concerns(sweep, kinds) {
  return (/** @type {import("../../feed.js").Told} */ { kind, data }) =>
    kinds.includes(kind) && (data.sweep === sweep || kind === "workers");
}
