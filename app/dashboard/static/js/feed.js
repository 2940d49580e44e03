/** The stream of events: one connection for the whole page, which views listen to. Nothing here asks twice. */
import { signal } from "@preact/signals";
import { address } from "./api.js";

/** @typedef {"sweep" | "trials" | "epochs" | "decisions" | "dataset" | "workers" | "resync"} Kind */
/** @typedef {{ kind: Kind, data: any }} Told */

const KINDS = /** @type {const} */ (["sweep", "trials", "epochs", "decisions", "dataset", "workers", "resync"]);

/** Whether the stream is open. @type {import("@preact/signals").Signal<"new" | "open" | "lost">} */
export const connection = signal("new");

/** @type {Set<(told: Told) => void>} */
const listeners = new Set();

/** Open the stream. A browser comes back by itself after a loss, with the id of the last event it saw. */
export function follow() {
  const source = new EventSource(address("v1/events"));
  for (const kind of KINDS) {
    source.addEventListener(kind, (event) => tell({ kind, data: JSON.parse(event.data) }));
  }
  source.addEventListener("open", () => (connection.value = "open"));
  source.addEventListener("error", () => {
    connection.value = "lost";
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, 3000); // it gave up, say on a 502 of a proxy
  });
}

/** @param {Told} told */
function tell(told) {
  for (const listener of listeners) listener(told);
}

/** Listen to every event; the answer ends it. @param {(told: Told) => void} listener */
export function listen(listener) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
