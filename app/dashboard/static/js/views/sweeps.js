/** All sweeps: where each stands, and what is best; filtered, page by page, and two or more picked to compare. */
import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { get } from "../api.js";
import { ago, duration, number, percent } from "../format.js";
import { useLive } from "../live.js";
import { drifted } from "../drift.js";
import { progress, secondsLeft } from "../progress.js";
import { adjust, href } from "../router.js";
import { Pill } from "../components/pill.js";
import { Empty, ErrorNotice, Waiting } from "../components/notice.js";
import { ScrollingTable } from "../components/table.js";

/** @typedef {import("../types.js").Sweep} Sweep */
/** @typedef {{ items: Sweep[], next: string | null, workers: Map<string, number> }} SweepPage */

const OPEN = ["running", "paused"];
const STATES = [...OPEN, "completed", "failed", "cancelled"];
const FILTERS = ["name", "state", "tag", "dataset"];

/** The list of sweeps. @param {{ query: URLSearchParams }} props */
export function Sweeps({ query }) {
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) || null]));
  const cursor = query.get("cursor");
  const [picked, setPicked] = useState(/** @type {readonly string[]} */ ([]));
  const sweeps = useLive(
    (signal) => load({ ...filters, cursor, limit: 50 }, signal),
    [...Object.values(filters), cursor],
    ({ kind }) => ["sweep", "trials", "epochs", "workers"].includes(kind),
  );
  const datasets = useLive((signal) => /** @type {Promise<any>} */ (get("v1/datasets", { limit: 200 }, signal)), [], ({ kind }) => kind === "dataset");
  const different = drifted(datasets.value?.items ?? []);
  const page = sweeps.value;
  const filtered = Object.values(filters).some((one) => one !== null);
  const pick = (/** @type {string} */ id) => setPicked(picked.includes(id) ? picked.filter((one) => one !== id) : [...picked, id]);
  return html`
    <div class="head"><h1>Sweeps</h1><div class="row">
      ${picked.length > 1 && html`<a class="button" href=${href(["compare"], { trial: picked.map((id) => `${id}:best`) })}>Compare the best trials of ${picked.length}</a>`}
      <a class="button main" href=${href(["new"])}>New sweep</a></div></div>
    ${(filtered || cursor || (page?.items.length ?? 0) > 0) && html`<${Filters} filters=${filters} filtered=${filtered} />`}
    <${ErrorNotice} error=${page ? sweeps.error : null} />
    ${!page
      ? html`<${Waiting} of=${sweeps} />`
      : page.items.length
        ? html`<${SweepTable} page=${page} different=${different} picked=${picked} pick=${pick} />
          <div class="row">
            ${cursor && html`<button type="button" onClick=${() => adjust({ cursor: null })}>First page</button>`}
            ${page.next && html`<button type="button" onClick=${() => adjust({ cursor: page.next })}>Next page</button>`}
          </div>`
        : filtered
          ? html`<${Empty}><p>No sweep fits. Change the filter, or show all sweeps.</p></${Empty}>`
          : html`<${Empty}><p>There is no sweep yet.</p><a class="button main" href=${href(["new"])}>Start the first one</a></${Empty}>`}`;
}

/** A page of sweeps, and how many workers train each. @param {Record<string, any>} query @param {AbortSignal} signal @returns {Promise<SweepPage>} */
async function load(query, signal) {
  const [page, workers] = await Promise.all([
    /** @type {Promise<any>} */ (get("v1/sweeps", query, signal)),
    /** @type {Promise<any>} */ (get("v1/workers", { limit: 200 }, signal)),
  ]);
  return { ...page, workers: workersOf(workers.items) };
}

/** How many workers train each sweep. @param {readonly { training: readonly { sweep: string }[] }[]} workers */
export function workersOf(workers) {
  const found = /** @type {Map<string, number>} */ (new Map());
  for (const { training } of workers) for (const { sweep } of training) found.set(sweep, (found.get(sweep) ?? 0) + 1);
  return found;
}

/** @param {{ filters: Record<string, string | null>, filtered: boolean }} props */
function Filters({ filters, filtered }) {
  const change = (/** @type {any} */ { target }) => adjust({ [target.name]: target.value.trim() || null, cursor: null });
  const none = Object.fromEntries([...FILTERS, "cursor"].map((name) => [name, null]));
  return html`<form class="row" aria-label="Filters" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
    <label class="row">name<input name="name" type="search" size="14" value=${filters.name ?? ""} onChange=${change} /></label>
    <label class="row">state<select name="state" value=${filters.state ?? ""} onChange=${change}>
      <option value="">all</option>${STATES.map((one) => html`<option>${one}</option>`)}</select></label>
    <label class="row">tag<input name="tag" type="search" size="10" value=${filters.tag ?? ""} onChange=${change} /></label>
    <label class="row">data set<input name="dataset" type="search" size="12" value=${filters.dataset ?? ""} onChange=${change} /></label>
    ${filtered && html`<button type="button" class="small" onClick=${() => adjust(none)}>Show all sweeps</button>`}
  </form>`;
}

/** @param {{ page: SweepPage, different: Set<string>, picked: readonly string[], pick: (id: string) => void }} props */
function SweepTable({ page, different, picked, pick }) {
  return html`<${ScrollingTable} label="Table of sweeps">
    <thead><tr><th><span class="unseen">compare</span></th><th>name</th><th>state</th><th>progress</th><th>time left</th><th class="number">best</th>
      <th class="number">workers</th><th>data set</th><th>begun</th></tr></thead>
    <tbody>${page.items.map((one) => html`<${SweepRow} key=${one.id} sweep=${one} workers=${page.workers.get(one.id) ?? 0}
      differs=${different.has(one.dataset_sha256 ?? "")} picked=${picked.includes(one.id)} pick=${pick} />`)}</tbody>
  </${ScrollingTable}>`;
}

/** @param {{ sweep: Sweep, workers: number, differs: boolean, picked: boolean, pick: (id: string) => void }} props */
function SweepRow({ sweep, workers, differs, picked, pick }) {
  const share = progress(sweep);
  const left = secondsLeft(sweep, Date.now());
  const name = sweep.name || sweep.id;
  return html`<tr>
    <td><input type="checkbox" aria-label=${`Compare ${name}`} checked=${picked} disabled=${!sweep.best} onChange=${() => pick(sweep.id)} /></td>
    <td class="name"><a href=${href(["sweeps", sweep.id])}>${name}</a>
      <div class="row">${sweep.tags.map((tag) => html`<a class="tag" href=${href([], { tag })}>${tag}</a>`)}</div>
      ${sweep.no_workers && html`<p class="notice warn">${sweep.no_workers}</p>`}</td>
    <td><${Pill} state=${sweep.state} /></td>
    <td><progress max="1" value=${share} aria-label=${`progress of ${name}`}></progress> ${percent(share)}</td>
    <td>${left === null ? "–" : `about ${duration(left)}`}</td>
    <td class="number">${number(sweep.best?.value)}<div class="quiet">${String(sweep.objective.metric)}</div></td>
    <td class="number">${OPEN.includes(sweep.state) ? number(workers) : "–"}</td>
    <td>${sweep.dataset ?? sweep.trainer}
      ${differs && html`<p class="notice warn"><a href=${href(["datasets", String(sweep.dataset)])}>Its parts differ.</a></p>`}</td>
    <td>${ago(sweep.started_at, Date.now())}</td>
  </tr>`;
}
