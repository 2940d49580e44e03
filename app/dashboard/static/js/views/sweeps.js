/** All sweeps: where each stands, and what is best; filtered, page by page, and two or more picked to compare. */
import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { get } from "../api.js";
import { ago, duration, number, percent } from "../format.js";
import { useLive } from "../live.js";
import { progress, secondsLeft } from "../progress.js";
import { adjust, href } from "../router.js";
import { Pill } from "../components/pill.js";
import { Empty, ErrorNotice, Waiting } from "../components/notice.js";
import { ScrollingTable } from "../components/table.js";

/** @typedef {import("../types.js").Sweep} Sweep */
/** @typedef {{ items: Sweep[], next: string | null }} SweepPage */

const STATES = ["running", "paused", "completed", "failed", "cancelled"];
const FILTERS = ["name", "state", "tag", "dataset"];

/** The list of sweeps. @param {{ query: URLSearchParams }} props */
export function Sweeps({ query }) {
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) || null]));
  const cursor = query.get("cursor");
  const [picked, setPicked] = useState(/** @type {readonly string[]} */ ([]));
  const sweeps = useLive(
    (signal) => /** @type {Promise<SweepPage>} */ (get("v1/sweeps", { ...filters, cursor, limit: 50 }, signal)),
    [...Object.values(filters), cursor],
    ({ kind }) => ["sweep", "trials", "epochs", "workers"].includes(kind),
  );
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
        ? html`<${SweepTable} sweeps=${page.items} picked=${picked} pick=${pick} />
          <div class="row">
            ${cursor && html`<button type="button" onClick=${() => adjust({ cursor: null })}>First page</button>`}
            ${page.next && html`<button type="button" onClick=${() => adjust({ cursor: page.next })}>Next page</button>`}
          </div>`
        : filtered
          ? html`<${Empty}><p>No sweep fits. Change the filter, or show all sweeps.</p></${Empty}>`
          : html`<${Empty}><p>There is no sweep yet.</p><a class="button main" href=${href(["new"])}>Start the first one</a></${Empty}>`}`;
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

/** @param {{ sweeps: Sweep[], picked: readonly string[], pick: (id: string) => void }} props */
function SweepTable({ sweeps, picked, pick }) {
  return html`<${ScrollingTable} label="Table of sweeps">
    <thead><tr><th><span class="unseen">compare</span></th><th>name</th><th>state</th><th>progress</th><th>time left</th><th class="number">best</th><th>data set</th><th>begun</th></tr></thead>
    <tbody>${sweeps.map((one) => html`<${SweepRow} key=${one.id} sweep=${one} picked=${picked.includes(one.id)} pick=${pick} />`)}</tbody>
  </${ScrollingTable}>`;
}

/** @param {{ sweep: Sweep, picked: boolean, pick: (id: string) => void }} props */
function SweepRow({ sweep, picked, pick }) {
  const share = progress(sweep);
  const left = secondsLeft(sweep, Date.now());
  const name = sweep.name || sweep.id;
  return html`<tr>
    <td><input type="checkbox" aria-label=${`Compare ${name}`} checked=${picked} disabled=${!sweep.best} onChange=${() => pick(sweep.id)} /></td>
    <td><a href=${href(["sweeps", sweep.id])}>${name}</a>
      <div class="row">${sweep.tags.map((tag) => html`<a class="tag" href=${href([], { tag })}>${tag}</a>`)}</div>
      ${sweep.no_workers && html`<p class="notice warn">${sweep.no_workers}</p>`}</td>
    <td><${Pill} state=${sweep.state} /></td>
    <td><progress max="1" value=${share} aria-label=${`progress of ${name}`}></progress> ${percent(share)}</td>
    <td>${left === null ? "–" : `about ${duration(left)}`}</td>
    <td class="number">${number(sweep.best?.value)}<div class="quiet">${String(sweep.objective.metric)}</div></td>
    <td>${sweep.dataset ?? sweep.trainer}</td>
    <td>${ago(sweep.started_at, Date.now())}</td>
  </tr>`;
}
