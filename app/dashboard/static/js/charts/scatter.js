/** A parameter against the objective, on the scale that the parameter is sampled on. */
import { shown } from "../format.js";
import { colour } from "../theme.js";
import { axisOptions, placing } from "./axes.js";

/** @typedef {import("../parameters.js").Plotted} Plotted */

/**
 * @param {Plotted} x @param {Plotted} y @param {{ trials: readonly number[], states: readonly string[], fields: Record<string, readonly any[]> }} points
 */
export function scatterOptions(x, y, points) {
  const { to } = placing(x.axis);
  const data = points.trials.map((trial, row) => {
    const value = points.fields[x.field][row];
    return [value === null ? null : x.choices ? shown(value) : to(value), points.fields[y.field][row], trial, shown(value)];
  });
  return {
    tooltip: { trigger: "item", formatter: (/** @type {any} */ { value }) => `trial ${value[2]}\n${x.label} ${value[3]}\n${y.label} ${Number(value[1].toPrecision(5))}` },
    xAxis: axisOptions(x.axis, "x"),
    yAxis: axisOptions(y.axis, "y"),
    series: [{ type: "scatter", symbolSize: 6, color: colour("accent"), itemStyle: { opacity: 0.6 }, data: data.filter(([, value]) => value !== null) }],
  };
}

/** @param {Plotted} x @param {Plotted} y @param {{ trials: readonly number[], fields: Record<string, readonly any[]> }} points */
export function pointNumbers(x, y, points) {
  return { columns: ["trial", x.label, y.label], rows: points.trials.map((trial, row) => [trial, points.fields[x.field][row], points.fields[y.field][row]]) };
}
