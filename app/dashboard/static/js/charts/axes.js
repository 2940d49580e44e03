/** Axes of charts: each parameter on the scale that it was sampled on. */
import { number } from "../format.js";

/**
 * @typedef {"linear" | "log" | "reverse_log" | "symmetric_log" | "category"} Scale
 * @typedef {{ name: string, unit?: string, scale?: Scale, values?: readonly string[], decades?: boolean }} Axis with `decades` there are no ticks within one
 */

/** An axis named with its unit. @param {Axis} axis */
export function titled({ name, unit }) {
  return unit ? `${name} (${unit})` : name;
}

/**
 * What a chart draws for a value on an axis, and back: ECharts has log axes, but none for 1 - value or around zero.
 * @param {Axis} axis
 */
export function placing(axis) {
  if (axis.scale === "reverse_log") {
    return { to: (/** @type {number} */ value) => -Math.log10(1 - value), from: (/** @type {number} */ place) => 1 - 10 ** -place };
  }
  if (axis.scale === "symmetric_log") {
    return { to: (/** @type {number} */ value) => Math.asinh(value), from: (/** @type {number} */ place) => Math.sinh(place) };
  }
  return { to: (/** @type {any} */ value) => value, from: (/** @type {any} */ place) => place };
}

/**
 * The options of ECharts for an axis.
 * @param {Axis} axis @param {"x" | "y"} side
 * @returns {Record<string, unknown>}
 */
export function axisOptions(axis, side) {
  const { from } = placing(axis);
  const type = axis.scale === "category" ? "category" : axis.scale === "log" ? "log" : "value";
  return {
    type,
    data: axis.scale === "category" ? axis.values : undefined,
    name: titled(axis),
    nameLocation: "middle",
    nameGap: side === "x" ? 28 : 52,
    scale: true,
    minInterval: axis.decades ? 1 : undefined,
    axisLabel: { hideOverlap: true, formatter: type === "category" ? undefined : (/** @type {number} */ place) => number(from(place)) },
  };
}
