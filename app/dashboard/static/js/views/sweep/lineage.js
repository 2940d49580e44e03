/** The lineage of a population: which trials go on from which, and with what else. */
import { html } from "htm/preact";
import { useMemo } from "preact/hooks";
import { get } from "../../api.js";
import { number } from "../../format.js";
import { useLive } from "../../live.js";
import { steps } from "../../lineage.js";
import { adjust, go, href } from "../../router.js";
import { Chart } from "../../charts/chart.js";
import { lineageNumbers, lineageOptions } from "../../charts/lineage.js";
import { Changes } from "../../components/changes.js";
import { Empty, Waiting } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { ScrollingTable } from "../../components/table.js";
import { concerns } from "./concerns.js";

/** @typedef {import("../../types.js").Sweep} Sweep */
/** @typedef {import("../../types.js").Trial} Trial */

const MOST = 200;

/** @param {{ sweep: Sweep, query: URLSearchParams }} props */
export function Lineage({ sweep, query }) {
  const cursor = query.get("cursor");
  const loaded = useLive(
    (signal) => /** @type {Promise<{ items: Trial[], next: string | null }>} */ (get(`v1/sweeps/${sweep.id}/trials`, { limit: MOST, cursor }, signal)),
    [sweep.id, cursor],
    concerns(sweep.id, ["trials"]),
  );
  const page = loaded.value;
  if (!page) return html`<${Panel} title="Lineage"><${Waiting} of=${loaded} /></${Panel}>`;
  const begun = page.items.filter((one) => one.epochs > 0);
  return html`<${Panel} title="Lineage">
      ${begun.length
        ? html`<${Population} sweep=${sweep} trials=${begun} />`
        : html`<${Empty}><p>No trial has trained yet. Who goes on from whom appears here after the first interval.</p></${Empty}>`}
      <div class="row">
        ${cursor && html`<button type="button" onClick=${() => adjust({ cursor: null })}>First trials</button>`}
        ${page.next && html`<button type="button" onClick=${() => adjust({ cursor: page.next })}>Next ${MOST} trials</button>`}
      </div>
    </${Panel}>
    <${Heirs} sweep=${sweep} trials=${page.items.filter((one) => one.lineage.length)} />`;
}

/** @param {{ sweep: Sweep, trials: readonly Trial[] }} props */
function Population({ sweep, trials }) {
  const options = useMemo(() => lineageOptions(trials), [trials.map((one) => `${one.number} ${one.state} ${one.epochs}`).join()]);
  const open = (/** @type {any} */ { data }) => data?.number !== undefined && go(["sweeps", sweep.id, "trials", data.number]);
  return html`<p class="quiet">A bar for each trial, over the epochs that it trained itself; a thin line leads from a trial to the heir that goes on from it.
      Green ones completed, orange ones gave their place away.</p>
    <${Chart} title="Lineage" options=${options} height=${Math.min(700, 160 + 12 * trials.length)} on=${{ click: open }}
      numbers=${() => lineageNumbers(trials)} summary=${`${trials.length} trials, ${trials.filter((one) => one.lineage.length).length} of them heirs.`} />`;
}

/** @param {{ sweep: Sweep, trials: readonly Trial[] }} props */
function Heirs({ sweep, trials }) {
  if (!trials.length) return null;
  const link = (/** @type {number} */ trial) => html`<a href=${href(["sweeps", sweep.id, "trials", trial])}>${trial}</a>`;
  return html`<${Panel} title="Heirs"><${ScrollingTable} label="Heirs">
    <thead><tr><th class="number">heir</th><th class="number">goes on from</th><th class="number">after epoch</th><th>with</th><th class="number">${String(sweep.objective.metric)}</th></tr></thead>
    <tbody>${trials.map((one) => {
      const { from, epoch, changes } = steps(one)[one.lineage.length - 1];
      return html`<tr key=${one.number}><td class="number">${link(one.number)}</td><td class="number">${link(from)}</td><td class="number">${number(epoch)}</td>
        <td><${Changes} changes=${changes} /></td><td class="number">${number(one.value)}</td></tr>`;
    })}</tbody></${ScrollingTable}></${Panel}>`;
}
