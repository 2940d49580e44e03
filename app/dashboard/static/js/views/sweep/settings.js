/** What a sweep was asked to do: its request with all defaults filled in, ready to be posted again. */
import { html } from "htm/preact";
import { Panel } from "../../components/panel.js";

const ASKED = ["name", "tags", "notes", "dataset", "seed", "space", "constraints", "fixed", "objective", "sampler", "scheduler", "early_stopping",
  "budget", "replicates", "folds", "confirm", "keep_models", "duplicates", "pool"];

/** The request of a sweep. @param {import("../../types.js").Sweep} sweep */
export function requestOf(sweep) {
  const told = /** @type {Record<string, unknown>} */ (sweep);
  return Object.fromEntries(ASKED.filter((name) => told[name] !== null).map((name) => [name, told[name]]));
}

/** @param {{ sweep: import("../../types.js").Sweep }} props */
export function Settings({ sweep }) {
  return html`<${Panel} title="The request"><pre tabindex="0" class="scroll">${JSON.stringify(requestOf(sweep), null, 2)}</pre></${Panel}>`;
}
