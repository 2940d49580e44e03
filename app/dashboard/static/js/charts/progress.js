/** The best value so far, above the results of all finished trials. */
import { colour } from "../theme.js";
import { axisOptions } from "./axes.js";

/** @typedef {import("../types.js").Schemas["ProgressChart"]} Progress */

const UNITS = { trials: { name: "finished trials" }, epochs: { name: "epochs trained" }, seconds: { name: "time since the start", unit: "s" } };

/** @param {Progress} progress */
export function progressOptions(progress) {
  const { best, results, metric } = progress;
  const steps = best.x.map((x, row) => [x, best.value[row], best.trial[row]]);
  if (steps.length) steps.push([progress.end, best.value.at(-1) ?? 0, best.trial.at(-1) ?? 0]);
  return {
    tooltip: { trigger: "item", formatter: (/** @type {any} */ { value }) => `trial ${value[2]}\n${metric} ${Number(value[1].toPrecision(5))}` },
    xAxis: axisOptions({ ...UNITS[progress.by], scale: "linear" }, "x"),
    yAxis: axisOptions({ name: metric, scale: "linear" }, "y"),
    dataZoom: [{ type: "inside", filterMode: "none" }],
    series: [
      { type: "scatter", name: "results", symbolSize: 5, color: colour("quiet"), itemStyle: { opacity: 0.5 }, data: results.x.map((x, row) => [x, results.value[row], results.trial[row]]) },
      { type: "line", name: "best so far", step: "end", showSymbol: steps.length < 60, symbolSize: 6, lineStyle: { width: 2.5 }, color: colour("accent"), data: steps },
    ],
  };
}

/** @param {Progress} progress */
export function progressNumbers({ by, metric, results }) {
  return { columns: [by, metric, "trial"], rows: results.x.map((x, row) => [x, results.value[row], results.trial[row]]) };
}
