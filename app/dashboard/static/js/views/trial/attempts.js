/** Which workers trained a trial, from when to when, and how each attempt ended. */
import { html } from "htm/preact";
import { get } from "../../api.js";
import { moment, number } from "../../format.js";
import { useLive } from "../../live.js";
import { Empty, Waiting } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { ScrollingTable } from "../../components/table.js";
import { concernsTrial } from "./index.js";

/** @typedef {import("../../types.js").Schemas["Attempt"]} Attempt */

/** @param {{ sweep: string, trial: number }} props */
export function Attempts({ sweep, trial }) {
  const loaded = useLive(
    (signal) => /** @type {Promise<{ items: Attempt[] }>} */ (get(`v1/sweeps/${sweep}/trials/${trial}/attempts`, {}, signal)),
    [sweep, trial],
    concernsTrial(sweep, trial),
  );
  const attempts = loaded.value?.items;
  return html`<${Panel} title="Attempts">
    ${!attempts
      ? html`<${Waiting} of=${loaded} />`
      : attempts.length
        ? html`<${ScrollingTable} label="Table of attempts">
            <thead><tr><th>worker</th><th class="number">replicate</th><th>from</th><th>to</th><th class="number">epochs</th><th>ending</th></tr></thead>
            <tbody>${attempts.map((one) => html`<tr><td>${one.worker}</td><td class="number">${one.replicate}</td><td>${moment(one.started_at)}</td>
              <td>${moment(one.ended_at)}</td><td class="number">${number(one.epochs)}</td><td>${one.ending ?? "in training"}${one.reason ? `: ${one.reason}` : ""}</td></tr>`)}
            </tbody></${ScrollingTable}>`
        : html`<${Empty}><p>No worker has had it yet.</p></${Empty}>`}
  </${Panel}>`;
}
