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
 * @param {readonly Curve[]} curves @param {string} metric @param {{ weight: number, log: boolean, best: number | null }} how
 */
export function curveOptions(curves, metric, { weight, log, best }) {
  /** @type {import("./axes.js").Axis} */
  const y = { name: metric, scale: log ? "log" : "linear" };
  return {
    tooltip: { trigger: "item" },
    xAxis: { ...axisOptions({ name: "epoch", scale: "linear" }, "x"), minInterval: 1, scale: false },
    yAxis: axisOptions(y, "y"),
    dataZoom: [{ type: "inside" }],
    series: [...curves].sort((one, other) => rank(one, best) - rank(other, best)).map((curve) => series(curve, metric, weight, log, best)),
  };
}

/** What is drawn last lies above. @param {Curve} curve @param {number | null} best */
function rank(curve, best) {
  return curve.trial === best ? 2 : STOPPED.includes(curve.state) ? 0 : 1;
}

/** @param {Curve} curve @param {string} metric @param {number} weight @param {boolean} log @param {number | null} best */
function series(curve, metric, weight, log, best) {
  const values = smoothed(curve.values, weight);
  const place = rank(curve, best);
  return {
    type: "line",
    id: `trial ${curve.trial}`,
    name: `trial ${curve.trial}, ${curve.state}`,
    showSymbol: curve.epochs.length === 1,
    symbolSize: 5,
    connectNulls: false,
    lineStyle: { width: [1, 1.3, 3][place], opacity: [0.3, 0.75, 1][place], type: place ? "solid" : "dashed" },
    color: place === 2 ? colour("warn") : place ? colour("accent") : colour("quiet"),
    emphasis: { focus: "series", lineStyle: { width: 3, opacity: 1 } },
    data: curve.epochs.map((epoch, row) => [epoch, log && Number(values[row]) <= 0 ? null : values[row]]),
  };
}

/** The numbers of the curves, as they are drawn but for the smoothing. @param {readonly Curve[]} curves @param {string} metric */
export function curveNumbers(curves, metric) {
  return {
    columns: ["trial", "state", "epoch", metric],
    rows: curves.flatMap((one) => one.epochs.map((epoch, row) => [one.trial, one.state, epoch, one.values[row]])),
  };
}
