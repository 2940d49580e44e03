/** The ensemble of a sweep that has ended: its members, and what it is worth beside the best trial alone. */
import { html } from "htm/preact";
import { address, get } from "../../api.js";
import { number, percent } from "../../format.js";
import { useLive } from "../../live.js";
import { adjust, href } from "../../router.js";
import { Empty, Waiting } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { ScrollingTable } from "../../components/table.js";
import { Answers } from "../model/answers.js";
import { Predict } from "../model/predict.js";
import { concerns } from "./concerns.js";

/** @typedef {import("../../types.js").Schemas["EnsembleAnswer"]} EnsembleAnswer */

const SELECTIONS = ["greedy", "top"];
const FORMATS = [["npz", "NPZ"], ["safetensors", "safetensors"], ["onnx", "ONNX"], ["json", "card (JSON)"]];

/** @param {{ sweep: import("../../types.js").Sweep, query: URLSearchParams }} props */
export function Ensemble({ sweep, query }) {
  const open = sweep.state === "running" || sweep.state === "paused";
  const selection = SELECTIONS.find((one) => one === query.get("selection")) ?? "greedy";
  const loaded = useLive(
    async (signal) => (open ? null : /** @type {EnsembleAnswer} */ (await get(`v1/sweeps/${sweep.id}/ensemble`, { selection }, signal))),
    [sweep.id, open, selection],
    concerns(sweep.id, ["sweep"]),
  );
  if (open) return html`<${Empty}><p>The ensemble is chosen from the models of all trials once the sweep has ended.</p></${Empty}>`;
  const found = loaded.value;
  const path = `v1/sweeps/${sweep.id}/ensemble`;
  const tools = html`<label class="row">chosen<select value=${selection} onChange=${(/** @type {any} */ event) => adjust({ selection: event.target.value })}>
    ${SELECTIONS.map((one) => html`<option>${one}</option>`)}</select></label>`;
  return html`<${Panel} title="Ensemble" tools=${tools}>
    ${found ? html`<${Found} sweep=${sweep} found=${found} selection=${selection} />` : html`<${Waiting} of=${loaded} />`}
  </${Panel}>
  ${found && html`<${Answers} path=${path} query=${{ selection }} parts=${["dev", "test"]} />
    <${Predict} path=${path} query=${{ selection }} />`}`;
}

/** @param {{ sweep: import("../../types.js").Sweep, found: EnsembleAnswer, selection: string }} props */
function Found({ sweep, found, selection }) {
  const best = /** @type {Record<string, number | null>} */ (found.best?.metrics ?? {});
  const names = Object.keys(found.metrics).filter((name) => name in best);
  const base = `v1/sweeps/${sweep.id}/ensemble/model`;
  return html`
    ${found.note && html`<p>${found.note}</p>`}
    <p class="quiet">${found.members.length} of ${found.pool} models, chosen by ${number(found.rows)} rows of dev.</p>
    <div class="row">${FORMATS.map(([name, label]) => html`<a class="button" download href=${address(base, { format: name, selection }).href}>${label}</a>`)}</div>
    <div class="grid">
      <${ScrollingTable} label="Members"><caption>Members</caption><thead><tr><th class="number">trial</th><th class="number">weight</th><th class="number">${String(sweep.objective.metric)} alone</th></tr></thead>
        <tbody>${found.members.map((one) => html`<tr><td class="number"><a href=${href(["sweeps", sweep.id, "trials", one.trial])}>${one.trial}</a></td>
          <td class="number">${percent(one.weight)}</td><td class="number">${number(one.value)}</td></tr>`)}</tbody></${ScrollingTable}>
      <${ScrollingTable} label="Beside the best trial alone"><caption>Beside the best trial alone</caption><thead><tr><th>metric</th><th class="number">ensemble</th><th class="number">trial ${found.best?.trial ?? ""}</th></tr></thead>
        <tbody>${names.map((name) => html`<tr><th scope="row">${name}</th><td class="number">${number(/** @type {any} */ (found.metrics)[name])}</td>
          <td class="number">${number(best[name])}</td></tr>`)}</tbody></${ScrollingTable}>
    </div>`;
}
