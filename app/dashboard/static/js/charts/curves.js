/** Learning curves of many trials at once, smoothed without bias. */
import { STOPPED } from "../states.js";
import { colour } from "../theme.js";
import { axisOptions } from "./axes.js";

/** @typedef {import("../types.js").Schemas["DrawnCurve"]} Curve */

/**
 * An exponentially weighted mean, divided by 1 - weight^t: the first points are not pulled to zero. Nulls are passed over.
 * @param {readonly (number | null)[]} values @param {number} weight from 0 (none) up to, but below 1
 */
export function smoothed(values, weight) {
  let mean = 0;
  let rest = 1;
  return values.map((value) => {
    if (value === null) return null;
    mean = weight * mean + (1 - weight) * value;
    rest *= weight;
    return mean / (1 - rest);
  });
}

/**
 * @param {readonly Curve[]} curves @param {string} metric
 * @param {{ weight: number, log: boolean, best: number | null, rungs: readonly number[] }} how
 */
export function curveOptions(curves, metric, { weight, log, best, rungs }) {
  /** @type {import("./axes.js").Axis} */
  const y = { name: metric, scale: log ? "log" : "linear" };
  return {
    tooltip: { trigger: "item" },
    xAxis: { ...axisOptions({ name: "epoch", scale: "linear" }, "x"), minInterval: 1, scale: false },
    yAxis: axisOptions(y, "y"),
    dataZoom: [{ type: "inside" }],
    series: [
      ...[...curves].sort((one, other) => rank(one, best) - rank(other, best)).map((curve) => series(curve, metric, weight, log, best)),
      ends(curves.filter((one) => STOPPED.includes(one.state)), weight, log),
      marks(rungs),
    ],
  };
}

/** What is drawn last lies above. @param {Curve} curve @param {number | null} best */
function rank(curve, best) {
  return curve.trial === best ? 2 : STOPPED.includes(curve.state) ? 0 : 1;
}

/** Where trials were stopped. @param {readonly Curve[]} stopped @param {number} weight @param {boolean} log */
function ends(stopped, weight, log) {
  return {
    type: "scatter",
    id: "stopped",
    name: "stopped",
    z: 3,
    symbol: "diamond",
    symbolSize: 7,
    color: colour("bad"),
    itemStyle: { opacity: 0.7 },
    tooltip: { formatter: (/** @type {any} */ { data }) => `trial ${data.trial}, ${data.state} after epoch ${data.value[0]}` },
    data: stopped.map((one) => ({ value: [one.epochs.at(-1), drawn(smoothed(one.values, weight).at(-1), log)], trial: one.trial, state: one.state })),
  };
}

/** The epochs at whose ends trials were compared. @param {readonly number[]} rungs */
function marks(rungs) {
  return {
    type: "line",
    id: "rungs",
    name: "rungs",
    data: [],
    markLine: {
      silent: true,
      symbol: "none",
      label: { show: false },
      lineStyle: { color: colour("quiet"), type: "dotted" },
      data: rungs.map((epoch) => ({ xAxis: epoch })),
    },
  };
}

/** What an axis has a place for. @param {number | null | undefined} value @param {boolean} log */
function drawn(value, log) {
  return log && Number(value) <= 0 ? null : value;
}

/** The trial that a click on the chart means. @param {{ seriesId?: string, data?: any }} event */
export function clicked({ seriesId, data }) {
  return String(data?.trial ?? String(seriesId).split(" ")[1]);
}

/** @param {Curve} curve @param {string} metric @param {number} weight @param {boolean} log @param {number | null} best */
function series(curve, metric, weight, log, best) {
  const values = smoothed(curve.values, weight);
  const place = rank(curve, best);
  return {
    type: "line",
    id: `trial ${curve.trial}`,
    name: `trial ${curve.trial}, ${curve.state}`,
    showSymbol: curve.epochs.length === 1 && place > 0, // the ends of stopped ones are marked apart
    symbolSize: 5,
    connectNulls: false,
    lineStyle: { width: [1, 1.3, 3][place], opacity: [0.3, 0.75, 1][place], type: place ? "solid" : "dashed" },
    color: place === 2 ? colour("warn") : place ? colour("accent") : colour("quiet"),
    emphasis: { focus: "series", lineStyle: { width: 3, opacity: 1 } },
    data: curve.epochs.map((epoch, row) => [epoch, drawn(values[row], log)]),
  };
}

/** The numbers of the curves, as they are drawn but for the smoothing. @param {readonly Curve[]} curves @param {string} metric */
export function curveNumbers(curves, metric) {
  return {
    columns: ["trial", "state", "epoch", metric],
    rows: curves.flatMap((one) => one.epochs.map((epoch, row) => [one.trial, one.state, epoch, one.values[row]])),
  };
}
