/** The trials of a sweep as a table, which the server sorts, filters and cuts into pages. */
import { html } from "htm/preact";
import { get } from "../../api.js";
import { duration, number, shown } from "../../format.js";
import { useLive } from "../../live.js";
import { adjust, href } from "../../router.js";
import { TRIAL_STATES } from "../../states.js";
import { Empty, ErrorNotice, Waiting } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { Pill } from "../../components/pill.js";
import { ScrollingTable } from "../../components/table.js";
import { concerns } from "./concerns.js";

/** @typedef {import("../../types.js").Trial} Trial */
/** @typedef {{ field: string, label: string, unit?: string, text: (trial: Trial) => unknown, numeric: boolean }} Column */

/** @param {{ sweep: import("../../types.js").Sweep, where: string[], query: URLSearchParams }} props */
export function TrialTable({ sweep, where, query }) {
  const sort = query.get("sort") ?? (sweep.objective.direction === "minimize" ? "value" : "-value");
  const state = query.get("state");
  const cursor = query.get("cursor");
  const loaded = useLive(
    (signal) => /** @type {Promise<{ items: Trial[], next: string | null }>} */ (get(`v1/sweeps/${sweep.id}/trials`, { sort, state, cursor, where, limit: 50 }, signal)),
    [sweep.id, sort, state, cursor, where.join("\n")],
    concerns(sweep.id, ["trials"]),
  );
  const all = columnsOf(sweep, loaded.value?.items ?? []);
  const hidden = new Set(query.getAll("hide"));
  const columns = all.filter((one) => !hidden.has(one.field));
  const page = loaded.value;
  return html`<${Panel} title="Trials" tools=${html`<${Tools} state=${state} all=${all} hidden=${hidden} />`}>
    <${ErrorNotice} error=${page ? loaded.error : null} />
    ${!page
      ? html`<${Waiting} of=${loaded} />`
      : page.items.length
        ? html`<${Rows} sweep=${sweep} trials=${page.items} columns=${columns} sort=${sort} />
          <div class="row">
            ${cursor && html`<button type="button" onClick=${() => adjust({ cursor: null })}>First page</button>`}
            ${page.next && html`<button type="button" onClick=${() => adjust({ cursor: page.next })}>Next page</button>`}
          </div>`
        : html`<${Empty}><p>No trial fits. ${where.length || state ? "Take a filter away." : "Trials appear here by themselves."}</p></${Empty}>`}
  </${Panel}>`;
}

/** @param {import("../../types.js").Sweep} sweep @param {readonly Trial[]} trials @returns {Column[]} */
function columnsOf(sweep, trials) {
  const metrics = [...new Set(trials.flatMap((one) => Object.keys(one.metrics)))].filter((name) => name !== sweep.objective.metric);
  return [
    { field: "value", label: String(sweep.objective.metric), numeric: true, text: (one) => number(one.value) },
    ...Object.keys(sweep.space).map((name) => ({ field: `param.${name}`, label: name, numeric: false, text: (/** @type {Trial} */ one) => (name in one.params ? shown(one.params[name]) : "–") })),
    { field: "epochs", label: "epochs", numeric: true, text: (one) => number(one.epochs) },
    { field: "seconds", label: "time", numeric: true, text: (one) => duration(one.seconds) },
    ...metrics.map((name) => ({ field: name, label: name, numeric: true, text: (/** @type {Trial} */ one) => number(one.metrics[name]) })),
  ];
}

/** @param {{ state: string | null, all: Column[], hidden: Set<string> }} props */
function Tools({ state, all, hidden }) {
  const toggle = (/** @type {string} */ field) => {
    const next = new Set(hidden);
    if (!next.delete(field)) next.add(field);
    adjust({ hide: [...next] });
  };
  return html`
    <label class="row">state<select value=${state ?? ""} onChange=${(/** @type {any} */ event) => adjust({ state: event.target.value || null, cursor: null })}>
      <option value="">all</option>${TRIAL_STATES.map((one) => html`<option>${one}</option>`)}</select></label>
    <details><summary>Columns</summary><div class="stack">
      ${all.map((one) => html`<label class="row"><input type="checkbox" checked=${!hidden.has(one.field)} onChange=${() => toggle(one.field)} />${one.label}</label>`)}
    </div></details>`;
}

/** @param {{ sweep: import("../../types.js").Sweep, trials: Trial[], columns: Column[], sort: string }} props */
function Rows({ sweep, trials, columns, sort }) {
  const heads = [{ field: "number", label: "trial", numeric: true }, { field: "state", label: "state", numeric: false }, ...columns];
  return html`<${ScrollingTable} label="Table of trials">
    <thead><tr>${heads.map((one) => html`<${Head} ...${one} sort=${sort} />`)}</tr></thead>
    <tbody>${trials.map((trial) => html`<tr key=${trial.number}>
      <td class="number"><a href=${href(["sweeps", sweep.id, "trials", trial.number])}>${trial.number}</a></td>
      <td><${Pill} state=${trial.state} /></td>
      ${columns.map((column) => html`<td class=${column.numeric ? "number" : ""}>${column.text(trial)}</td>`)}
    </tr>`)}</tbody>
  </${ScrollingTable}>`;
}

/** @param {{ field: string, label: string, numeric: boolean, sort: string }} props */
function Head({ field, label, numeric, sort }) {
  const order = sort === field ? "ascending" : sort === `-${field}` ? "descending" : undefined;
  const next = order === "ascending" ? `-${field}` : field;
  return html`<th class=${numeric ? "number" : ""} aria-sort=${order}>
    <button type="button" onClick=${() => adjust({ sort: next, cursor: null })}>${label}${order === "ascending" ? " ▲" : order ? " ▼" : ""}</button></th>`;
}
