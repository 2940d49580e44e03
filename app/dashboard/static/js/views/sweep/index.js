/** One sweep: where it stands, what can be done with it, and its parts in tabs. */
import { html } from "htm/preact";
import { get } from "../../api.js";
import { duration, moment, number, percent } from "../../format.js";
import { useLive } from "../../live.js";
import { href } from "../../router.js";
import { ErrorNotice, Notice, Waiting } from "../../components/notice.js";
import { Pill } from "../../components/pill.js";
import { progress } from "../../progress.js";
import { warningsOf } from "../../drift.js";
import { concerns } from "./concerns.js";
import { Controls } from "./controls.js";
import { TABS } from "./tabs.js";
import { Filters } from "./filters.js";
import { Why } from "./why.js";

/** @typedef {import("../../types.js").Sweep} Sweep */

/** @param {{ sweep: string, query: URLSearchParams }} props */
export function SweepView({ sweep: id, query }) {
  const loaded = useLive(
    (signal) => /** @type {Promise<Sweep>} */ (get(`v1/sweeps/${encodeURIComponent(id)}`, {}, signal)),
    [id],
    concerns(id, ["sweep", "trials", "workers"]),
  );
  const sweep = loaded.value;
  if (!sweep) return html`<h1>Sweep</h1><${Waiting} of=${loaded} />`;
  const where = query.getAll("where");
  const tabs = TABS.filter((tab) => !tab.shown || tab.shown(sweep));
  const tab = tabs.find((one) => one.name === query.get("tab")) ?? tabs[0];
  return html`
    <div class="head">
      <div class="stack">
        <h1>${sweep.name || sweep.id}</h1>
        <div class="row"><${Pill} state=${sweep.state} />
          ${sweep.tags.map((one) => html`<a class="tag" href=${href([], { tag: one })}>${one}</a>`)}
          <span class="quiet">${sweep.reason}</span></div>
      </div>
      <${Controls} sweep=${sweep} changed=${loaded.reload} />
    </div>
    <${ErrorNotice} error=${loaded.error} />
    ${sweep.no_workers && html`<${Notice} kind="warn">${sweep.no_workers}</${Notice}>`}
    ${sweep.dataset && html`<${Drift} sweep=${sweep} />`}
    ${sweep.notes && html`<p>${sweep.notes}</p>`}
    <${Facts} sweep=${sweep} />
    <${Why} sweep=${sweep} />
    <nav class="tabs" aria-label="Parts of the sweep">
      ${tabs.map((one) => html`<a href=${href(["sweeps", id], withTab(query, one.name))} aria-current=${one === tab ? "page" : undefined}>${one.label}</a>`)}
    </nav>
    ${tab.filtered && html`<${Filters} where=${where} />`}
    <${tab.view} sweep=${sweep} where=${where} query=${query} />`;
}

/** @param {URLSearchParams} query @param {string} tab */
function withTab(query, tab) {
  const next = new URLSearchParams();
  next.set("tab", tab);
  for (const one of query.getAll("where")) next.append("where", one);
  return next;
}

/** What its data set warns of, as long as that has the content that the sweep is on. @param {{ sweep: Sweep }} props */
function Drift({ sweep }) {
  const { value } = useLive((signal) => /** @type {Promise<any>} */ (get(`v1/datasets/${encodeURIComponent(String(sweep.dataset))}`, {}, signal)), [sweep.dataset]);
  if (value?.sha256 !== sweep.dataset_sha256) return null;
  return warningsOf(value).map((one) => html`<${Notice} kind="warn">${one}</${Notice}>`);
}

/** @param {{ sweep: Sweep }} props */
function Facts({ sweep }) {
  const { best, counts, used } = sweep;
  const share = progress(sweep);
  return html`<dl class="facts">
    <div><dt>best ${sweep.objective.metric}</dt><dd>${
      best ? html`${number(best.value)} <a href=${href(["sweeps", sweep.id, "trials", best.trial])}>trial ${best.trial}</a>` : "–"
    }</dd></div>
    <div><dt>budget used</dt><dd>${percent(share)}</dd></div>
    ${Object.entries(counts).filter(([, count]) => count).map(([state, count]) => html`<div><dt>${state} trials</dt><dd>${number(count)}</dd></div>`)}
    <div><dt>epochs trained</dt><dd>${number(used.epochs)}</dd></div>
    ${used.seconds > 0 && html`<div><dt>time</dt><dd>${duration(used.seconds)}</dd></div>`}
    <div><dt>begun</dt><dd>${moment(sweep.started_at)}</dd></div>
  </dl>`;
}
