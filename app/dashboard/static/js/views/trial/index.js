/** One trial: its curves, what is wrong with it and what to do, its hyperparameters, who trained it, and its model. */
import { html } from "htm/preact";
import { get } from "../../api.js";
import { breakable, duration, moment, number, shown } from "../../format.js";
import { useLive } from "../../live.js";
import { href } from "../../router.js";
import { ErrorNotice, Waiting } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { Pill } from "../../components/pill.js";
import { ScrollingTable } from "../../components/table.js";
import { TrialCurves } from "./curves.js";
import { Verdict } from "./verdict.js";
import { Attempts } from "./attempts.js";
import { TrialLineage } from "./lineage.js";
import { TrialModel } from "./model.js";

/** @typedef {import("../../types.js").Trial} Trial */
/** @typedef {import("../../types.js").Sweep} Sweep */

/** Whether an event concerns a trial. @param {string} sweep @param {number} trial */
export function concernsTrial(sweep, trial) {
  return (/** @type {import("../../feed.js").Told} */ { kind, data }) =>
    data.sweep === sweep && (kind === "trials" ? trial in data.trials : kind === "epochs" && trial in data.epochs);
}

/** @param {{ sweep: string, trial: string }} props */
export function TrialView({ sweep: id, trial: text }) {
  const path = `v1/sweeps/${encodeURIComponent(id)}`;
  const wanted = Number(text);
  const loaded = useLive(
    async (signal) => {
      const [sweep, trial] = await Promise.all([
        /** @type {Promise<Sweep>} */ (get(path, {}, signal)),
        /** @type {Promise<Trial>} */ (get(`${path}/trials/${wanted}`, {}, signal)),
      ]);
      return { sweep, trial };
    },
    [id, wanted],
    concernsTrial(id, wanted),
  );
  if (!loaded.value) return html`<h1>Trial ${text}</h1><${Waiting} of=${loaded} />`;
  const { sweep, trial } = loaded.value;
  const own = sweep.trainer === "logsweep";
  return html`
    <nav aria-label="Where this is"><a href=${href(["sweeps", id])}>${sweep.name || id}</a></nav>
    <div class="head"><div class="stack"><h1>Trial ${trial.number}</h1>
      <div class="row"><${Pill} state=${trial.state} /><span class="quiet">${trial.reason}</span></div></div>
      <${Neighbours} sweep=${id} trial=${trial.number} /></div>
    <${ErrorNotice} error=${loaded.error} />
    <${Facts} sweep=${sweep} trial=${trial} />
    <${TrialCurves} sweep=${sweep} trial=${trial} />
    <div class="grid">
      <div class="stack">${own && trial.epochs > 0 && html`<${Verdict} sweep=${id} trial=${trial.number} />`}
        ${trial.lineage.length > 0 && html`<${TrialLineage} sweep=${id} trial=${trial} />`}
        <${Attempts} sweep=${id} trial=${trial.number} /></div>
      <${Hyperparameters} trial=${trial} />
    </div>
    ${own && html`<${TrialModel} sweep=${sweep} trial=${trial} />`}`;
}

/** @param {{ sweep: string, trial: number }} props */
function Neighbours({ sweep, trial }) {
  return html`<div class="row">
    ${trial > 0 && html`<a class="button" href=${href(["sweeps", sweep, "trials", trial - 1])}>Trial ${trial - 1}</a>`}
    <a class="button" href=${href(["sweeps", sweep, "trials", trial + 1])}>Trial ${trial + 1}</a>
    <a class="button" href=${href(["compare"], { trial: [`${sweep}:${trial}`] })}>Compare</a>
  </div>`;
}

/** @param {{ sweep: Sweep, trial: Trial }} props */
function Facts({ sweep, trial }) {
  const metrics = Object.entries(trial.metrics).filter(([name]) => name !== sweep.objective.metric);
  return html`<dl class="facts">
    <div><dt>${sweep.objective.metric}</dt><dd>${number(trial.value)}</dd></div>
    <div><dt>best epoch</dt><dd>${number(trial.best_epoch)} of ${number(trial.epochs)}</dd></div>
    <div><dt>time in training</dt><dd>${duration(trial.seconds)}</dd></div>
    <div><dt>finished</dt><dd>${moment(trial.finished_at)}</dd></div>
    ${metrics.map(([name, value]) => html`<div><dt>${breakable(name)}</dt><dd>${number(value)}</dd></div>`)}
  </dl>`;
}

/** @param {{ trial: Trial }} props */
function Hyperparameters({ trial }) {
  const searched = new Set(Object.keys(trial.params));
  return html`<${Panel} title="Hyperparameters">
    <${ScrollingTable} label="Table of hyperparameters"><caption>Those that were searched come first.</caption>
      <tbody>${Object.entries(trial.all_params)
        .sort(([one], [other]) => Number(searched.has(other)) - Number(searched.has(one)))
        .map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${shown(value)}</td><td class="quiet">${searched.has(name) ? "searched" : ""}</td></tr>`)}
      </tbody></${ScrollingTable}>
  </${Panel}>`;
}
