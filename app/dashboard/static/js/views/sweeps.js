/** All sweeps: where each stands, and what is best. */
import { html } from "htm/preact";
import { get } from "../api.js";
import { ago, number, percent } from "../format.js";
import { useLive } from "../live.js";
import { progress } from "../progress.js";
import { href } from "../router.js";
import { Pill } from "../components/pill.js";
import { Empty, Waiting } from "../components/notice.js";

/** @typedef {import("../types.js").Sweep} Sweep */
/** @typedef {{ items: Sweep[], next: string | null }} SweepPage */

/** The list of sweeps. */
export function Sweeps() {
  const sweeps = useLive(
    (signal) => /** @type {Promise<SweepPage>} */ (get("v1/sweeps", { limit: 50 }, signal)),
    [],
    ({ kind }) => ["sweep", "trials", "epochs", "workers"].includes(kind),
  );
  return html`
    <div class="head"><h1>Sweeps</h1><a class="button main" href=${href(["new"])}>New sweep</a></div>
    ${sweeps.value ? html`<${SweepTable} sweeps=${sweeps.value.items} />` : html`<${Waiting} of=${sweeps} />`}`;
}

/** @param {{ sweeps: Sweep[] }} props */
function SweepTable({ sweeps }) {
  if (!sweeps.length) {
    return html`<${Empty}><p>There is no sweep yet.</p><a class="button main" href=${href(["new"])}>Start the first one</a></${Empty}>`;
  }
  return html`<div class="scroll"><table>
    <thead><tr><th>name</th><th>state</th><th>progress</th><th class="number">best</th><th>data set</th><th>begun</th></tr></thead>
    <tbody>${sweeps.map((one) => html`<${SweepRow} key=${one.id} sweep=${one} />`)}</tbody>
  </table></div>`;
}

/** @param {{ sweep: Sweep }} props */
function SweepRow({ sweep }) {
  const share = progress(sweep);
  return html`<tr>
    <td><a href=${href(["sweeps", sweep.id])}>${sweep.name || sweep.id}</a>
      <div class="row">${sweep.tags.map((tag) => html`<span class="tag">${tag}</span>`)}</div></td>
    <td><${Pill} state=${sweep.state} /></td>
    <td><progress max="1" value=${share} aria-label=${`progress of ${sweep.name || sweep.id}`}></progress> ${percent(share)}</td>
    <td class="number">${number(sweep.best?.value)}</td>
    <td>${sweep.dataset ?? sweep.trainer}</td>
    <td>${ago(sweep.started_at, Date.now())}</td>
  </tr>`;
}
