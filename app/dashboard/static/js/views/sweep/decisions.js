/** What was decided about the trials of a sweep, in which round, and why. */
import { html } from "htm/preact";
import { get } from "../../api.js";
import { useLive } from "../../live.js";
import { adjust, href } from "../../router.js";
import { Empty, Waiting } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { ScrollingTable } from "../../components/table.js";
import { concerns } from "./concerns.js";

/** @typedef {import("../../types.js").Schemas["StoredDecision"]} Decision */

const SHOWN = 20;

/** @param {{ sweep: import("../../types.js").Sweep, query: URLSearchParams }} props */
export function Decisions({ sweep, query }) {
  const cursor = query.get("cursor");
  const loaded = useLive(
    (signal) => /** @type {Promise<{ items: Decision[], next: string | null }>} */ (get(`v1/sweeps/${sweep.id}/decisions`, { limit: 100, cursor }, signal)),
    [sweep.id, cursor],
    concerns(sweep.id, ["decisions", "sweep"]),
  );
  const page = loaded.value;
  if (!page) return html`<${Panel} title="Decisions"><${Waiting} of=${loaded} /></${Panel}>`;
  return html`<${Panel} title="Decisions">
    ${page.items.length
      ? html`<${ScrollingTable} label="Decisions"><thead><tr><th class="number">number</th><th class="number">round</th><th>kind</th><th>reason</th><th>trials</th></tr></thead>
        <tbody>${page.items.map((one) => html`<tr key=${one.number}><td class="number">${one.number}</td><td class="number">${one.round || "–"}</td><td>${one.kind}</td><td>${one.reason}</td>
          <td>${one.trials.slice(0, SHOWN).map((trial) => html`<a href=${href(["sweeps", sweep.id, "trials", trial])}>${trial}</a> `)}
            ${one.trials.length > SHOWN && `and ${one.trials.length - SHOWN} more`}</td></tr>`)}</tbody></${ScrollingTable}>
        <div class="row">${cursor && html`<button type="button" onClick=${() => adjust({ cursor: null })}>First page</button>`}
          ${page.next && html`<button type="button" onClick=${() => adjust({ cursor: page.next })}>Next page</button>`}</div>`
      : html`<${Empty}><p>Nothing has been decided yet. Every decision comes here with its reason.</p></${Empty}>`}
  </${Panel}>`;
}
