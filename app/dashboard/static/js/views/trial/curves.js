/** The curves of one trial: train and dev together, and the gradient norms of its layers. */
import { html } from "htm/preact";
import { useMemo } from "preact/hooks";
import { get } from "../../api.js";
import { useLive } from "../../live.js";
import { colour } from "../../theme.js";
import { axisOptions } from "../../charts/axes.js";
import { Chart } from "../../charts/chart.js";
import { Empty, Waiting } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { concernsTrial } from "./index.js";

/** @typedef {Record<string, number | null> & { epoch: number, gradient_norms: (number | null)[] | null }} Epoch */

const MOST = 5000;
const NOT_METRICS = new Set(["epoch", "seconds", "gradient_norms"]);

/** @param {{ sweep: import("../../types.js").Sweep, trial: import("../../types.js").Trial }} props */
export function TrialCurves({ sweep, trial }) {
  const loaded = useLive(
    (signal) => /** @type {Promise<{ items: any[] }>} */ (get(`v1/sweeps/${sweep.id}/trials/${trial.number}/curve`, { limit: MOST }, signal)),
    [sweep.id, trial.number],
    concernsTrial(sweep.id, trial.number),
  );
  const epochs = /** @type {Epoch[] | undefined} */ (loaded.value?.items);
  if (!epochs) return html`<${Waiting} of=${loaded} />`;
  if (!epochs.length) return html`<${Panel} title="Curves"><${Empty}><p>No epoch has been reported yet. The curves appear here by themselves.</p></${Empty}></${Panel}>`;
  const names = [...new Set(epochs.flatMap((one) => Object.keys(one)))].filter((name) => !NOT_METRICS.has(name));
  const groups = grouped(names);
  return html`<div class="grid">
    ${groups.map(({ title, metrics }) => html`<${Lines} key=${title} title=${title} names=${metrics} epochs=${epochs} best=${trial.best_epoch} />`)}
    ${epochs.some((one) => one.gradient_norms) && html`<${Norms} epochs=${epochs} />`}
  </div>`;
}

/** Train and dev of the same measure belong into one chart. @param {readonly string[]} names */
export function grouped(names) {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const name of names) {
    const title = name.replace(/^(train|dev|test)_/, "");
    groups.set(title, [...(groups.get(title) ?? []), name]);
  }
  return [...groups].map(([title, metrics]) => ({ title, metrics: metrics.sort().reverse() }));
}

/** @param {{ title: string, names: readonly string[], epochs: readonly Epoch[], best: number | null }} props */
function Lines({ title, names, epochs, best }) {
  const options = useMemo(() => lineOptions(title, names, epochs, best), [epochs, best]);
  return html`<${Panel} title=${title}>
    <${Chart} title=${`${title} by epoch`} options=${options} height=${280} summary=${`${epochs.length} epochs of ${names.join(" and ")}.`}
      numbers=${() => ({ columns: ["epoch", ...names], rows: epochs.map((one) => [one.epoch, ...names.map((name) => one[name])]) })} />
  </${Panel}>`;
}

/** @param {string} title @param {readonly string[]} names @param {readonly Epoch[]} epochs @param {number | null} best */
function lineOptions(title, names, epochs, best) {
  const mark = best === null ? undefined : { silent: true, symbol: "none", label: { formatter: "best", color: colour("quiet"), textBorderWidth: 0 }, lineStyle: { color: colour("quiet") }, data: [{ xAxis: best }] };
  return {
    legend: { show: true, top: 0 },
    grid: { left: 70, right: 24, top: 34, bottom: 48 },
    tooltip: { trigger: "axis" },
    xAxis: { ...axisOptions({ name: "epoch", scale: "linear" }, "x"), minInterval: 1, scale: false },
    yAxis: axisOptions({ name: title, scale: "linear" }, "y"),
    series: names.map((name, place) => ({
      type: "line",
      name,
      sampling: "minmax",
      showSymbol: epochs.length === 1,
      markLine: place === 0 ? mark : undefined,
      data: epochs.map((one) => [one.epoch, one[name] ?? null]),
    })),
  };
}

/** @param {{ epochs: readonly Epoch[] }} props */
function Norms({ epochs }) {
  const layers = Math.max(...epochs.map((one) => one.gradient_norms?.length ?? 0));
  const names = Array.from({ length: layers }, (_, layer) => `layer ${layer + 1}`);
  const options = useMemo(
    () => ({
      legend: { show: true, top: 0 },
      grid: { left: 70, right: 24, top: 34, bottom: 48 },
      tooltip: { trigger: "axis" },
      xAxis: { ...axisOptions({ name: "epoch", scale: "linear" }, "x"), minInterval: 1, scale: false },
      yAxis: axisOptions({ name: "gradient norm", scale: "log" }, "y"),
      series: names.map((name, layer) => ({ type: "line", name, showSymbol: epochs.length === 1, data: epochs.map((one) => [one.epoch, one.gradient_norms?.[layer] || null]) })),
    }),
    [epochs],
  );
  return html`<${Panel} title="Gradient norms by layer">
    <${Chart} title="Gradient norms by layer" options=${options} height=${280} summary=${`${layers} dense layers, the first at the input.`}
      numbers=${() => ({ columns: ["epoch", ...names], rows: epochs.map((one) => [one.epoch, ...(one.gradient_norms ?? [])]) })} />
  </${Panel}>`;
}
