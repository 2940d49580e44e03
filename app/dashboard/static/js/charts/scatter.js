/** A parameter against the objective, on the scale that the parameter is sampled on, with the mean and its band. */
import { shown } from "../format.js";
import { colour } from "../theme.js";
import { axisOptions, placing } from "./axes.js";

/** @typedef {import("../parameters.js").Plotted} Plotted */
/** @typedef {import("../types.js").Schemas["Effect"]} Effect */

/**
 * @param {Plotted} x @param {Plotted} y @param {{ trials: readonly number[], states: readonly string[], fields: Record<string, readonly any[]> }} points
 * @param {Effect | null} [effect] the mean of the objective along the parameter
 */
export function scatterOptions(x, y, points, effect = null) {
  const { to } = placing(x.axis);
  const data = points.trials.map((trial, row) => {
    const value = points.fields[x.field][row];
    return [value === null ? null : x.choices ? shown(value) : to(value), points.fields[y.field][row], trial, value];
  });
  return {
    tooltip: { trigger: "item", formatter: (/** @type {any} */ { value }) => `trial ${value[2]}\n${x.label} ${shown(value[3])}\n${y.label} ${Number(value[1].toPrecision(5))}` },
    xAxis: axisOptions(x.axis, "x"),
    yAxis: axisOptions(y.axis, "y"),
    series: [...(effect ? bandOf(x, effect) : []), { type: "scatter", symbolSize: 6, color: colour("accent"), itemStyle: { opacity: 0.6 }, data: data.filter(([, value]) => value !== null) }],
  };
}

/** The mean along a parameter, and the ends of its interval; values of a choice are marks without a line. @param {Plotted} x @param {Effect} effect */
function bandOf(x, effect) {
  const { to } = placing(x.axis);
  const along = (/** @type {readonly (number | null)[]} */ values) =>
    effect.grid
      .map((/** @type {any} */ value, /** @type {number} */ place) => [x.choices ? shown(value) : to(value), values[place]])
      .filter(([at, value]) => value !== null && !(x.axis.scale === "log" && Number(at) <= 0));
  const line = (/** @type {readonly (number | null)[]} */ values, /** @type {Record<string, unknown>} */ style) => ({
    type: "line", data: along(values), silent: true, tooltip: { show: false }, color: colour("text"),
    symbol: x.choices ? "diamond" : "none", symbolSize: x.choices ? 8 : 0, lineStyle: { width: x.choices ? 0 : 2, ...(x.choices ? {} : style) }, z: 3,
  });
  const dashed = { width: 1, type: "dashed" };
  return [line(effect.low, dashed), line(effect.high, dashed), line(effect.mean, {})];
}

/** @param {Plotted} x @param {Plotted} y @param {{ trials: readonly number[], fields: Record<string, readonly any[]> }} points */
export function pointNumbers(x, y, points) {
  return { columns: ["trial", x.label, y.label], rows: points.trials.map((trial, row) => [trial, points.fields[x.field][row], points.fields[y.field][row]]) };
}
