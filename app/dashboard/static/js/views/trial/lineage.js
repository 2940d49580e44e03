/** Where a trial comes from that goes on from others. */
import { html } from "htm/preact";
import { number } from "../../format.js";
import { steps } from "../../lineage.js";
import { href } from "../../router.js";
import { Changes } from "../../components/changes.js";
import { Panel } from "../../components/panel.js";
import { ScrollingTable } from "../../components/table.js";

/** @param {{ sweep: string, trial: import("../../types.js").Trial }} props */
export function TrialLineage({ sweep, trial }) {
  return html`<${Panel} title="Lineage">
    <${ScrollingTable} label="Table of ancestors"><caption>It goes on from others: its own curve begins after epoch ${number(trial.lineage.at(-1)?.to_epoch)}.</caption>
      <thead><tr><th class="number">from trial</th><th class="number">after epoch</th><th>then changed</th></tr></thead>
      <tbody>${steps(trial).map(({ from, epoch, changes }) => html`<tr><td class="number"><a href=${href(["sweeps", sweep, "trials", from])}>${from}</a></td>
        <td class="number">${number(epoch)}</td><td><${Changes} changes=${changes} /></td></tr>`)}</tbody></${ScrollingTable}>
  </${Panel}>`;
}
