/** Learning curves of many trials of a sweep. */
import { html } from "htm/preact";
import { useMemo } from "preact/hooks";
import { get } from "../../api.js";
import { useLive } from "../../live.js";
import { adjust, go } from "../../router.js";
import { Chart } from "../../charts/chart.js";
import { clicked, curveNumbers, curveOptions } from "../../charts/curves.js";
import { Empty, Waiting } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { concerns } from "./concerns.js";

/** @typedef {import("../../types.js").Schemas["CurvesChart"]} CurvesChart */

/** @param {{ sweep: import("../../types.js").Sweep, where: string[], query: URLSearchParams }} props */
export function Curves({ sweep, where, query }) {
  const metric = query.get("metric") ?? String(sweep.objective.metric);
  const trials = Number(query.get("trials") ?? 50);
  const weight = Number(query.get("smooth") ?? 0);
  const log = query.get("y") === "log";
  const loaded = useLive(
    (signal) => /** @type {Promise<CurvesChart>} */ (get(`v1/sweeps/${sweep.id}/charts/curves`, { metric, trials, where }, signal)),
    [sweep.id, metric, trials, where.join("\n")],
    concerns(sweep.id, ["trials", "epochs"]),
  );
  const found = loaded.value;
  const best = sweep.best?.trial ?? null;
  const options = useMemo(() => found && curveOptions(found.curves, found.metric, { weight, log, best, rungs: found.rungs }), [found, weight, log, best]);
  const open = (/** @type {{ seriesId?: string, data?: any }} */ event) => go(["sweeps", sweep.id, "trials", clicked(event)]);
  return html`<${Panel} title="Learning curves" tools=${html`<${Tools} ...${{ sweep, metric, trials, weight, log }} />`}>
    ${!found || !options
      ? html`<${Waiting} of=${loaded} />`
      : found.curves.length
        ? html`<p class="quiet">${found.curves.length} of ${found.total} trials: the best ones and an even choice of the others.
            Dashed ones were stopped early, at the diamond; the thick one is the best. A click opens a trial.
            ${found.rungs.length > 0 && ` At the dotted lines, after epochs ${list(found.rungs)}, trials are compared.`}</p>
          <${Chart} title=${`${metric} by epoch`} options=${options} numbers=${() => curveNumbers(found.curves, metric)} height=${460}
            on=${{ click: open }} summary=${`${found.curves.length} of ${found.total} trials.`} />`
        : html`<${Empty}><p>${where.length ? "No trial that fits the filter has trained an epoch: take a filter away." : "No trial has trained an epoch yet. Curves appear here, and move, by themselves."}</p></${Empty}>`}
  </${Panel}>`;
}

/** @param {readonly number[]} epochs */
function list(epochs) {
  return epochs.length > 12 ? `${epochs.slice(0, 12).join(", ")} and so on` : epochs.join(", ");
}

/** @param {{ sweep: import("../../types.js").Sweep, metric: string, trials: number, weight: number, log: boolean }} props */
function Tools({ sweep, metric, trials, weight, log }) {
  const names = sweep.metrics ? Object.keys(sweep.metrics) : [String(sweep.objective.metric), "train_loss", "train_error", "dev_loss", "dev_error"];
  const change = (/** @type {string} */ name) => (/** @type {any} */ event) => adjust({ [name]: event.target.value });
  return html`
    <label class="row">metric<select value=${metric} onChange=${change("metric")}>${[...new Set([metric, ...names])].map((one) => html`<option>${one}</option>`)}</select></label>
    <label class="row">trials<select value=${trials} onChange=${change("trials")}>${[10, 50, 100, 200].map((one) => html`<option>${one}</option>`)}</select></label>
    <label class="row">smooth<input type="range" min="0" max="0.9" step="0.1" value=${weight} onChange=${change("smooth")} /></label>
    <label class="row"><input type="checkbox" checked=${log} onChange=${(/** @type {any} */ event) => adjust({ y: event.target.checked ? "log" : null })} />log axis</label>`;
}
