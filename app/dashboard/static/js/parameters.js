/** The parameters of a space as axes, and conditions on them as the API writes them. */
import { shown } from "./format.js";
import { placing } from "./charts/axes.js";

/** @typedef {import("./charts/axes.js").Axis} Axis */
/** @typedef {{ field: string, label: string, axis: Axis, choices: readonly unknown[] | null }} Plotted what is plotted */

/** The searched parameters of a sweep, each on the scale that it is sampled on. @param {Record<string, any>} space */
export function searched(space) {
  return Object.entries(space).map(([name, about]) => parameter(name, about));
}

/** @param {string} name @param {any} about its entry in the space @returns {Plotted} */
function parameter(name, about) {
  const choices = about.values ?? null;
  const scale = choices === null ? about.scale ?? "linear" : "category";
  return {
    field: `param.${name}`,
    label: name,
    axis: { name, scale, values: choices?.map(shown), decades: scale === "reverse_log" && 1 - about.low >= 10 * (1 - about.high) },
    choices,
  };
}

/** A metric, or another number of trials. @param {string} field @param {string} [label] @returns {Plotted} */
export function numeric(field, label = field) {
  return { field, label, axis: { name: label, scale: "linear" }, choices: null };
}

/**
 * Where a value is drawn on an axis that has no scale of its own, as those of parallel coordinates, and back.
 * @param {Plotted} plotted
 */
export function flat({ axis, choices }) {
  if (choices) {
    const places = new Map(choices.map((choice, place) => [JSON.stringify(choice), place]));
    return { to: (/** @type {unknown} */ value) => places.get(JSON.stringify(value)) ?? null, from: (/** @type {number} */ place) => place };
  }
  if (axis.scale === "log") {
    return {
      to: (/** @type {any} */ value) => (value > 0 ? Math.log10(value) : null), // exactly 0, in a space that draws it, has no place
      from: (/** @type {number} */ place) => 10 ** place,
    };
  }
  return placing(axis);
}

/**
 * The conditions that a brushed interval of an axis means.
 * @param {Plotted} plotted @param {readonly [number, number]} interval in places of `flat`
 * @returns {string[]}
 */
export function conditions(plotted, [low, high]) {
  const { field, choices } = plotted;
  if (choices) {
    const chosen = choices.filter((_, place) => place >= low && place <= high);
    return chosen.length ? [`${field} in ${JSON.stringify(chosen)}`] : [];
  }
  const { from } = flat(plotted);
  return [`${field}>=${digits(from(low))}`, `${field}<=${digits(from(high))}`];
}

/** @param {number} value */
function digits(value) {
  return Number(value.toPrecision(5));
}

/**
 * The interval that conditions mean on an axis; null where they say nothing of it.
 * @param {Plotted} plotted @param {readonly string[]} where
 * @returns {[number, number] | null}
 */
export function interval(plotted, where) {
  const { field, choices } = plotted;
  const { to } = flat(plotted);
  const own = where.filter((one) => fieldOf(one) === field);
  if (choices) {
    const list = own.find((one) => one.startsWith(`${field} in `));
    if (!list) return null;
    const places = JSON.parse(list.slice(field.length + 4)).map(to);
    return [Math.min(...places) - 0.4, Math.max(...places) + 0.4];
  }
  const low = own.find((one) => one.startsWith(`${field}>=`));
  const high = own.find((one) => one.startsWith(`${field}<=`));
  if (!low || !high) return null;
  return [to(Number(low.slice(field.length + 2))), to(Number(high.slice(field.length + 2)))];
}

/** The field of a condition. @param {string} condition */
export function fieldOf(condition) {
  return condition.split(/\s+in[\s[]|[<>!=]/, 1)[0].trim();
}

/** The conditions without those on a field. @param {readonly string[]} where @param {string} field */
export function without(where, field) {
  return where.filter((one) => fieldOf(one) !== field);
}
