/** The tabs of a sweep, in their order. A new one is one file and one row here. */
import { Analysis } from "./analysis.js";
import { Curves } from "./curves.js";
import { Decisions } from "./decisions.js";
import { Ensemble } from "./ensemble.js";
import { Lineage } from "./lineage.js";
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
  { name: "analysis", label: "Analysis", filtered: false, view: Analysis },
  { name: "ensemble", label: "Ensemble", filtered: false, shown: (sweep) => sweep.trainer === "logsweep" && !sweep.train_on_dev, view: Ensemble },
  { name: "lineage", label: "Lineage", filtered: false, shown: (sweep) => sweep.scheduler.kind === "pbt", view: Lineage },
  { name: "decisions", label: "Decisions", filtered: false, view: Decisions },
  { name: "settings", label: "Settings", filtered: false, view: Settings },
];
