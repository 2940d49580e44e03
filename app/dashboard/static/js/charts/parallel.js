/** Parallel coordinates: a line for each trial, an axis for each parameter; a brush on an axis filters all else. */
import { conditions, flat, interval, without } from "../parameters.js";
import { number, shown } from "../format.js";
import { colour } from "../theme.js";

/** @typedef {import("../parameters.js").Plotted} Plotted */

/**
 * @param {readonly Plotted[]} axes @param {{ trials: readonly number[], fields: Record<string, readonly any[]> }} points
 * @param {Plotted} objective the axis that gives lines their colour @param {"minimize" | "maximize"} direction
 */
export function parallelOptions(axes, points, objective, direction) {
  const places = axes.map(flat);
  const values = points.fields[objective.field].filter((one) => one !== null);
  const bounds = inner(values);
  const good = direction === "minimize" ? ["accent", "line"] : ["line", "accent"];
  return {
    grid: undefined,
    xAxis: undefined,
    yAxis: undefined,
    parallel: { left: 40, right: 60, top: 50, bottom: 24, axisExpandable: false },
    parallelAxis: axes.map((one, dim) => ({
      dim,
      id: one.field,
      name: one.label,
      nameTextStyle: { color: colour("text"), overflow: "truncate", width: 110 },
      type: one.choices ? "category" : "value",
      data: one.choices?.map(shown),
      scale: true,
      minInterval: one.axis.decades ? 1 : undefined,
      axisLine: { lineStyle: { color: colour("quiet") } },
      axisLabel: { color: colour("text"), formatter: one.choices ? undefined : (/** @type {number} */ place) => number(places[dim].from(place)) },
    })),
    visualMap: { show: false, dimension: axes.indexOf(objective), min: bounds[0], max: bounds[1], inRange: { color: good.map(colour) } },
    series: [
      {
        type: "parallel",
        lineStyle: { width: 1, opacity: points.trials.length > 300 ? 0.35 : 0.7 },
        inactiveOpacity: 0.03,
        progressive: 500,
        data: points.trials.map((trial, row) => ({
          name: `trial ${trial}`,
          value: axes.map((one, dim) => placed(places[dim], points.fields[one.field][row])),
        })),
      },
    ],
  };
}

/** Where a value is drawn; a parameter that a trial does not have is left out of its line. @param {{ to: (value: any) => any }} places @param {unknown} value */
export function placed(places, value) {
  return value === null || value === undefined ? "-" : places.to(value) ?? "-";
}

/** The range of all but the worst twentieths: one diverged trial would take the colours from all others. @param {number[]} values */
function inner(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (/** @type {number} */ share) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return [at(0.05), at(0.95)];
}

/**
 * What `where` becomes when an axis is brushed.
 * @param {readonly Plotted[]} axes @param {{ parallelAxisId?: string, intervals?: number[][] }} event @param {readonly string[]} where
 */
export function brushed(axes, { parallelAxisId, intervals = [] }, where) {
  const axis = axes.find((one) => one.field === parallelAxisId);
  if (!axis) return [...where];
  const last = /** @type {[number, number] | undefined} */ (intervals.at(-1));
  return [...without(where, axis.field), ...(last ? conditions(axis, last) : [])];
}

/**
 * Show on the axes what `where` says. Each brush that is shown draws all lines anew: those that are `shown` are not.
 * @param {import("echarts").ECharts} chart @param {readonly Plotted[]} axes @param {readonly string[]} where
 * @param {Map<string, string>} shown the brushes by field, as `shownBrush` writes them
 */
export function showBrushes(chart, axes, where, shown) {
  for (const axis of axes) {
    const found = shownBrush(axis, where);
    if (found === (shown.get(axis.field) ?? "[]")) continue;
    chart.dispatchAction({ type: "axisAreaSelect", parallelAxisId: axis.field, intervals: JSON.parse(found) }, { silent: true });
    shown.set(axis.field, found);
  }
}

/** The intervals of a brush, as a text. @param {Plotted} axis @param {readonly string[]} where */
export function shownBrush(axis, where) {
  const found = interval(axis, where);
  return JSON.stringify(found ? [found] : []);
}
