/** Every view with the address it has, in the order of the menu. A new view is one file and one row here. */
import { SweepView } from "./sweep/index.js";
import { Sweeps } from "./sweeps.js";
import { Compare } from "./compare.js";
import { DatasetView } from "./datasets/dataset.js";
import { Datasets } from "./datasets/index.js";
import { Upload } from "./datasets/upload.js";
import { Missing } from "./missing.js";
import { NewSweep } from "./new/index.js";
import { TrialView } from "./trial/index.js";
import { Workers } from "./workers.js";

/**
 * @typedef {object} View
 * @property {readonly string[]} pattern its address; a part with `:` before it is a name of a value
 * @property {string} section the entry of the menu that is marked
 * @property {string} [menu] its entry in the menu, if it has one
 * @property {string} title
 * @property {import("preact").ComponentType<any>} view
 */

/** @type {readonly View[]} */
export const VIEWS = [
  { pattern: [], section: "sweeps", menu: "Sweeps", title: "Sweeps", view: Sweeps },
  { pattern: ["new"], section: "new", menu: "New sweep", title: "New sweep", view: NewSweep },
  { pattern: ["sweeps", ":sweep"], section: "sweeps", title: "Sweep", view: SweepView },
  { pattern: ["sweeps", ":sweep", "trials", ":trial"], section: "sweeps", title: "Trial", view: TrialView },
  { pattern: ["compare"], section: "compare", menu: "Compare", title: "Compare", view: Compare },
  { pattern: ["datasets"], section: "datasets", menu: "Data sets", title: "Data sets", view: Datasets },
  { pattern: ["datasets", "upload"], section: "datasets", title: "Upload", view: Upload },
  { pattern: ["datasets", ":name"], section: "datasets", title: "Data set", view: DatasetView },
  { pattern: ["workers"], section: "workers", menu: "Workers", title: "Workers", view: Workers },
];

/** @param {readonly string[]} path */
export function viewOf(path) {
  for (const view of VIEWS) {
    const params = match(view.pattern, path);
    if (params) return { ...view, params, key: path.join("/") };
  }
  return { pattern: path, section: "", title: "Nothing here", view: Missing, params: {}, key: "missing" };
}

/** @param {readonly string[]} pattern @param {readonly string[]} path */
export function match(pattern, path) {
  if (pattern.length !== path.length) return null;
  /** @type {Record<string, string>} */
  const params = {};
  for (const [place, part] of pattern.entries()) {
    if (part.startsWith(":")) params[part.slice(1)] = path[place];
    else if (part !== path[place]) return null;
  }
  return params;
}
