/** Hyperparameters that became others, as one line of text. */
import { shown } from "../format.js";

/** @param {{ changes: readonly import("../lineage.js").Change[] }} props */
export function Changes({ changes }) {
  const side = (/** @type {unknown} */ value) => (value === undefined ? "none" : shown(value));
  return changes.length ? changes.map(({ name, before, after }) => `${name} ${side(before)} → ${side(after)}`).join(", ") : "nothing";
}
