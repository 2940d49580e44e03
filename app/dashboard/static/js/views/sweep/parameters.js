/** How parameters and results hang together: parallel coordinates with brushes, and each parameter against the objective. */
import { html } from "htm/preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { get } from "../../api.js";
import { SELDOM, useLive } from "../../live.js";
import { adjust, go } from "../../router.js";
import { numeric, searched, without } from "../../parameters.js";
import { Chart } from "../../charts/chart.js";
import { brushed, parallelOptions, showBrushes, shownBrush } from "../../charts/parallel.js";
import { pointNumbers, scatterOptions } from "../../charts/scatter.js";
import { Empty, ErrorNotice, Waiting } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { concerns } from "./concerns.js";

/** @typedef {import("../../types.js").Sweep} Sweep */
/** @typedef {import("../../types.js").Schemas["PointsChart"]} Points */
/** @typedef {import("../../types.js").Schemas["Effect"]} Effect */
/** @typedef {import("../../types.js").Schemas["SweepAnalysis"]} Analysis */

/** The least pixels for each axis of parallel coordinates: on a phone they are scrolled. */
const WIDTH = 110;

/** The trials that are drawn at most: more hide each other, and each chart of them takes longer than people notice. */
const MOST = 1000;

/** @param {{ sweep: Sweep, where: string[] }} props */
export function Parameters({ sweep, where }) {
  const axes = useMemo(() => searched(sweep.space), [sweep.id, sweep.space_versions.length]);
  const objective = numeric("value", String(sweep.objective.metric));
  const all = useMemo(() => [...axes, objective], [axes]);
  const fields = all.map((one) => one.field);
  // What is brushed is dimmed by the chart itself; conditions on other fields leave trials out.
  const others = all.reduce((left, one) => without(left, one.field), where);
  const every = usePoints(sweep, fields, others);
  const some = usePoints(sweep, fields, where.length > others.length ? where : null);
  const fitting = (where.length > others.length && some.value) || every.value;
  const effects = useEffects(sweep);
  if (!every.value || !fitting) return html`<${Waiting} of=${every} />`;
  if (!every.value.total) return html`<${Empty}><p>${where.length ? "No trial fits. Take a filter away." : "There is no trial yet. Trials appear here by themselves."}</p></${Empty}>`;
  return html`
    <${ErrorNotice} error=${some.error} />
    <${Brushing} sweep=${sweep} axes=${all} points=${every.value} where=${where} />
    <div class="grid">${axes.map((axis) => html`<${Scatter} key=${axis.field} x=${axis} y=${objective} points=${fitting} sweep=${sweep}
      effect=${effects.find((one) => one.parameter === axis.label) ?? null} />`)}</div>`;
}

/** Points of the trials that meet conditions; null asks for none. @param {Sweep} sweep @param {string[]} fields @param {string[] | null} where */
function usePoints(sweep, fields, where) {
  return useLive(
    async (signal) => (where ? /** @type {Points} */ (await get(`v1/sweeps/${sweep.id}/charts/points`, { field: fields, most: MOST, where }, signal)) : null),
    [sweep.id, fields.join(), where?.join("\n")],
    concerns(sweep.id, where ? ["trials"] : []),
  );
}

/** What the trials say of each parameter, once it can be told. @param {Sweep} sweep @returns {readonly Effect[]} */
function useEffects(sweep) {
  const own = sweep.trainer === "logsweep";
  const loaded = useLive(
    async (signal) => (own ? /** @type {Analysis} */ (await get(`v1/sweeps/${sweep.id}/analysis`, {}, signal)).effects : []),
    [sweep.id],
    concerns(sweep.id, ["sweep"]),
    SELDOM,
  );
  return loaded.value ?? [];
}

/** @param {{ sweep: Sweep, axes: import("../../parameters.js").Plotted[], points: Points, where: string[] }} props */
function Brushing({ sweep, axes, points, where }) {
  const objective = axes[axes.length - 1];
  const options = useMemo(() => parallelOptions(axes, points, objective, /** @type {any} */ (sweep.objective.direction)), [points, axes]);
  const shown = useRef(/** @type {Map<string, string>} */ (new Map()));
  const brush = useBrush((event) => {
    const next = brushed(axes, event, where);
    for (const axis of axes) shown.current.set(axis.field, shownBrush(axis, next));
    adjust({ where: next, cursor: null });
  });
  const drawn = (/** @type {import("echarts").ECharts} */ chart, /** @type {boolean} */ anew) => {
    if (anew) shown.current.clear();
    showBrushes(chart, axes, where, shown.current);
  };
  return html`<${Panel} title="Parallel coordinates">
    <p class="quiet">${points.trials.length} of ${points.total} trials. Draw along an axis to filter everything else on this page by it; a click on
      the axis takes the filter away. A line leaves out what its trial does not have.</p>
    <div class="scroll" tabindex="0" role="region" aria-label="Parallel coordinates, scrolled"><div style=${{ minWidth: `${WIDTH * axes.length}px` }}>
    <${Chart} title="Parallel coordinates" options=${options} height=${380} on=${{ axisareaselected: brush }}
      drawn=${drawn} state=${where.join("\n")}
      summary=${`${points.trials.length} trials over ${axes.length} axes.`}
      numbers=${() => ({ columns: ["trial", ...axes.map((one) => one.label)], rows: points.trials.map((trial, row) => [trial, ...axes.map((one) => points.fields[one.field][row])]) })} /></div></div>
  </${Panel}>`;
}

/**
 * Takes a brush when it is let go, as the chart tells of it with each move. What the chart tells of while nothing is
 * pressed is taken at once: of a click that takes a brush away it tells on `mouseup`, which comes after `pointerup`.
 * @param {(event: any) => void} take
 */
function useBrush(take) {
  const press = useRef({ held: false, last: /** @type {any} */ (null) });
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const end = new AbortController();
    const letGo = () => {
      const { last } = press.current;
      press.current = { held: false, last: null };
      if (last !== null) latest.current(last);
    };
    addEventListener("pointerdown", () => (press.current.held = true), { signal: end.signal, capture: true });
    for (const name of ["pointerup", "pointercancel"]) addEventListener(name, letGo, { signal: end.signal });
    return () => end.abort();
  }, []);
  return (/** @type {any} */ event) => {
    if (press.current.held) press.current.last = event;
    else latest.current(event);
  };
}

/** @param {{ sweep: Sweep, x: import("../../parameters.js").Plotted, y: import("../../parameters.js").Plotted, points: Points, effect: Effect | null }} props */
function Scatter({ sweep, x, y, points, effect }) {
  const options = useMemo(() => scatterOptions(x, y, points, effect), [points, effect]);
  const open = (/** @type {any} */ { value }) => go(["sweeps", sweep.id, "trials", value[2]]);
  return html`<${Panel} title=${x.label}>
    <${Chart} title=${`${y.label} by ${x.label}`} options=${options} height=${280} on=${{ click: open }}
      numbers=${() => pointNumbers(x, y, points)} summary=${`${points.trials.length} of ${points.total} trials.`} />
  </${Panel}>`;
}
