/** Trials side by side, of one sweep or of several: where they differ, and their curves. */
import { html } from "htm/preact";
import { useMemo } from "preact/hooks";
import { get } from "../api.js";
import { duration, number, shown } from "../format.js";
import { useLive } from "../live.js";
import { adjust, href } from "../router.js";
import { axisOptions } from "../charts/axes.js";
import { Chart } from "../charts/chart.js";
import { Empty, Waiting } from "../components/notice.js";
import { Panel } from "../components/panel.js";
import { Pill } from "../components/pill.js";
import { ScrollingTable } from "../components/table.js";

/** @typedef {import("../types.js").Trial} Trial */
/** @typedef {import("../types.js").Sweep} Sweep */
/** @typedef {{ sweep: Sweep, trial: Trial, curve: readonly any[] }} Compared */

const MOST = 8;

/** @param {{ query: URLSearchParams }} props */
export function Compare({ query }) {
  const named = query.getAll("trial").slice(0, MOST);
  const loaded = useLive(
    (signal) => Promise.all(named.map((one) => compared(one, signal))),
    [named.join()],
    ({ kind, data }) => kind === "trials" && named.some((one) => one.startsWith(`${data.sweep}:`)),
  );
  const add = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const fields = new FormData(form);
    adjust({ trial: [...named, `${fields.get("sweep")}:${fields.get("number")}`] });
    form.reset();
  };
  return html`<h1>Compare trials</h1>
    <form class="row" onSubmit=${add} aria-label="Add a trial">
      <label class="row">sweep<input name="sweep" required defaultValue=${named[0]?.split(":")[0] ?? ""} size="32" /></label>
      <label class="row">trial<input name="number" type="number" min="0" required size="6" /></label>
      <button disabled=${named.length >= MOST}>Add</button>
    </form>
    ${!named.length
      ? html`<${Empty}><p>Add trials here, or press Compare on the page of a trial. Up to ${MOST} stand side by side.</p></${Empty}>`
      : loaded.value
        ? html`<${Table} all=${loaded.value} named=${named} /><${Curves} all=${loaded.value} />`
        : html`<${Waiting} of=${loaded} />`}`;
}

/** @param {string} named as `sweep:number` or `sweep:best` @param {AbortSignal} signal @returns {Promise<Compared>} */
async function compared(named, signal) {
  const [sweep, trial] = named.split(":");
  const path = `v1/sweeps/${encodeURIComponent(sweep)}`;
  const [about, found] = await Promise.all([
    /** @type {Promise<Sweep>} */ (get(path, {}, signal)),
    /** @type {Promise<Trial>} */ (get(trial === "best" ? `${path}/best` : `${path}/trials/${trial}`, {}, signal)),
  ]);
  const curve = /** @type {{ items: any[] }} */ (await get(`${path}/trials/${found.number}/curve`, { limit: 5000 }, signal));
  return { sweep: about, trial: found, curve: curve.items };
}

/** @param {{ all: Compared[], named: string[] }} props */
function Table({ all, named }) {
  const params = [...new Set(all.flatMap(({ trial }) => Object.keys(trial.all_params)))];
  const metrics = [...new Set(all.flatMap(({ trial }) => Object.keys(trial.metrics)))];
  const different = params.filter((name) => new Set(all.map(({ trial }) => JSON.stringify(trial.all_params[name]))).size > 1);
  const row = (/** @type {string} */ name, /** @type {(one: Compared) => unknown} */ cell) => html`<tr><th scope="row">${name}</th>${all.map((one) => html`<td>${cell(one)}</td>`)}</tr>`;
  return html`<${Panel} title="Side by side"><${ScrollingTable} label="Side by side">
    <thead><tr><th></th>${all.map(({ sweep, trial }, place) => html`<th><a href=${href(["sweeps", sweep.id, "trials", trial.number])}>${sweep.name || sweep.id}, trial ${trial.number}</a>
      <button type="button" class="small" aria-label=${`Take trial ${trial.number} away`} onClick=${() => adjust({ trial: named.filter((_, other) => other !== place) })}> ×</button></th>`)}</tr></thead>
    <tbody>
      ${row("state", ({ trial }) => html`<${Pill} state=${trial.state} />`)}
      ${row("objective", ({ sweep, trial }) => `${sweep.objective.metric} ${number(trial.value)}`)}
      ${row("epochs", ({ trial }) => number(trial.epochs))}
      ${row("time in training", ({ trial }) => duration(trial.seconds))}
      ${different.map((name) => row(name, ({ trial }) => (name in trial.all_params ? shown(trial.all_params[name]) : "–")))}
      ${metrics.map((name) => row(name, ({ trial }) => number(trial.metrics[name])))}
    </tbody></${ScrollingTable}>
    ${all.length > 1 && html`<p class="quiet">Of the hyperparameters only those are shown in which the trials differ: ${different.length} of ${params.length}.</p>`}
  </${Panel}>`;
}

/** @param {{ all: Compared[] }} props */
function Curves({ all }) {
  const names = [...new Set(all.map(({ sweep }) => String(sweep.objective.metric)))];
  const options = useMemo(
    () => ({
      legend: { show: true, top: 0 },
      grid: { left: 70, right: 24, top: 34, bottom: 48 },
      tooltip: { trigger: "axis" },
      xAxis: { ...axisOptions({ name: "epoch", scale: "linear" }, "x"), minInterval: 1, scale: false },
      yAxis: axisOptions({ name: names.join(", "), scale: "linear" }, "y"),
      series: all.map(({ sweep, trial, curve }) => ({ type: "line", name: `trial ${trial.number} of ${sweep.name || sweep.id}`, sampling: "minmax",
        showSymbol: curve.length === 1, data: curve.map((one) => [one.epoch, one[String(sweep.objective.metric)] ?? null]) })),
    }),
    [all],
  );
  return html`<${Panel} title="Curves of the objective">
    <${Chart} title="Curves of the objective" options=${options} height=${360} summary=${`${all.length} trials.`}
      numbers=${() => ({ columns: ["sweep", "trial", "epoch", "objective"], rows: all.flatMap(({ sweep, trial, curve }) => curve.map((one) => [sweep.id, trial.number, one.epoch, one[String(sweep.objective.metric)]])) })} />
  </${Panel}>`;
}
