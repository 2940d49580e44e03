/** The tabs of a sweep, in their order. A new one is one file and one row here. */
import { Curves } from "./curves.js";
import { Overview } from "./overview.js";
import { Parameters } from "./parameters.js";
import { Settings } from "./settings.js";
import { TrialTable } from "./trials.js";

/** @typedef {import("../../types.js").Sweep} Sweep */
/**
 * @typedef {object} Tab
 * @property {string} name
 * @property {string} label
 * @property {boolean} filtered whether conditions filter what it shows
 * @property {(sweep: Sweep) => boolean} [shown] whether a sweep has it; by default each does
 * @property {import("preact").ComponentType<any>} view takes sweep, where and query
 */

/** @type {readonly Tab[]} */
export const TABS = [
  { name: "overview", label: "Overview", filtered: true, view: Overview },
  { name: "curves", label: "Curves", filtered: true, view: Curves },
  { name: "parameters", label: "Parameters", filtered: true, view: Parameters },
  { name: "trials", label: "Trials", filtered: true, view: TrialTable },
  { name: "settings", label: "Settings", filtered: false, view: Settings },
];
