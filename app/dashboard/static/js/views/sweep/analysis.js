/** What a sweep shows and what to do next: the doctor's words, the leader board, how far dev flatters, and what the space holds. */
import { html } from "htm/preact";
import { get } from "../../api.js";
import { number, percent, shown } from "../../format.js";
import { SELDOM, useLive } from "../../live.js";
import { href } from "../../router.js";
import { FINAL } from "../../states.js";
import { Empty, Notice, Waiting } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { ScrollingTable } from "../../components/table.js";
import { concerns } from "./concerns.js";
import { Searched } from "./searched.js";

/** @typedef {import("../../types.js").Sweep} Sweep */
/** @typedef {import("../../types.js").Schemas["SweepAnalysis"]} SweepAnalysis */
/** @typedef {import("../../types.js").Schemas["Leaderboard"]} Board */

/** @param {{ sweep: Sweep }} props */
export function Analysis({ sweep }) {
  return html`${sweep.trainer === "logsweep" && html`<${Doctor} sweep=${sweep} />`}<${Leaders} sweep=${sweep} />`;
}

/** @param {{ sweep: Sweep }} props */
function Doctor({ sweep }) {
  const loaded = useLive(
    (signal) => /** @type {Promise<SweepAnalysis>} */ (get(`v1/sweeps/${sweep.id}/analysis`, {}, signal)),
    [sweep.id],
    concerns(sweep.id, ["trials", "sweep"]),
    SELDOM,
  );
  const found = loaded.value;
  if (!found) return html`<${Panel} title="What to do next"><${Waiting} of=${loaded} /></${Panel}>`;
  const finished = FINAL.reduce((sum, state) => sum + (sweep.counts[state] ?? 0), 0);
  return html`<${Panel} title="What to do next">
      ${found.next.length
        ? html`<div class="stack">${found.next.map((one) => html`<p>${one}</p>`)}</div>`
        : html`<${Empty}><p>Advice appears here once trials have finished.</p></${Empty}>`}
      ${found.trials < finished && html`<p class="quiet">Read from ${number(found.trials)} of ${number(finished)} finished trials: the last ones, and the best.</p>`}
    </${Panel}>
    <div class="grid"><${Troubles} found=${found} sweep=${sweep.id} /><${Flattery} flattery=${found.flattery} /></div>
    <${Searched} found=${found} sweep=${sweep} />`;
}

/** @param {{ found: SweepAnalysis, sweep: string }} props */
function Troubles({ found, sweep }) {
  const verdicts = Object.entries(/** @type {Record<string, number>} */ (/** @type {any} */ (found.bias_variance)?.counts ?? {}));
  const troubles = Object.entries(/** @type {Record<string, number>} */ (found.training.counts));
  const trials = /** @type {Record<string, number[]>} */ (found.training.trials);
  return html`<${Panel} title="Bias, variance and troubles in training">
    <${ScrollingTable} label="Table of troubles"><thead><tr><th>what</th><th class="number">trials</th><th>such as</th></tr></thead><tbody>
      ${verdicts.map(([name, count]) => html`<tr><th scope="row">${name.replaceAll("_", " ")}</th><td class="number">${number(count)}</td><td></td></tr>`)}
      ${troubles.map(([name, count]) => html`<tr><th scope="row">${name.replaceAll("_", " ")}</th><td class="number">${number(count)}</td>
        <td>${(trials[name] ?? []).slice(0, 8).map((one) => html`<a href=${href(["sweeps", sweep, "trials", one])}>${one}</a> `)}</td></tr>`)}
    </tbody></${ScrollingTable}>
  </${Panel}>`;
}

/** @param {{ flattery: SweepAnalysis["flattery"] }} props */
function Flattery({ flattery }) {
  return html`<${Panel} title="How far dev flatters">
    ${flattery
      ? html`${flattery.warning && html`<${Notice} kind="warn">${flattery.warning}</${Notice}>`}
        <dl class="facts">
          <div><dt>best ${flattery.metric}</dt><dd>${number(flattery.best_dev)}</dd></div>
          <div><dt>the same on test</dt><dd>${number(flattery.best_test)}</dd></div>
          <div><dt>expected to flatter by</dt><dd>${number(flattery.flatters_by)}</dd></div>
        </dl>
        <p class="quiet">Dev was asked ${number(flattery.trials)} times. The best of many answers is a little too good by chance alone.</p>`
      : html`<p class="quiet">It is told once 20 trials have finished, where the data set has a test part.</p>`}
  </${Panel}>`;
}

/** @param {{ sweep: Sweep }} props */
function Leaders({ sweep }) {
  const loaded = useLive(
    (signal) => /** @type {Promise<Board>} */ (get(`v1/sweeps/${sweep.id}/leaderboard`, { limit: 20 }, signal)),
    [sweep.id],
    concerns(sweep.id, ["trials", "sweep"]),
  );
  const board = loaded.value;
  if (!board) return html`<${Panel} title="Leader board"><${Waiting} of=${loaded} /></${Panel}>`;
  return html`<${Panel} title="Leader board">
    ${board.note && html`<p class="quiet">${board.note}</p>`}
    ${board.items.length
      ? html`<${ScrollingTable} label="Leader board">
        <thead><tr><th class="number">rank</th><th class="number">trial</th><th class="number">${board.metric}</th><th class="number">standard error</th>
          <th class="number">trainings</th><th class="number">best with probability</th><th class="number">on test</th><th>hyperparameters</th></tr></thead>
        <tbody>${board.items.map((one) => html`<tr key=${one.trial}><td class="number">${one.rank}</td>
          <td class="number"><a href=${href(["sweeps", sweep.id, "trials", one.trial])}>${one.trial}</a></td>
          <td class="number">${number(one.value)}</td><td class="number">${number(one.standard_error)}</td><td class="number">${number(one.count)}</td>
          <td class="number">${percent(one.probability_best)}</td><td class="number">${number(one.test)}</td>
          <td>${Object.entries(one.params).map(([name, value]) => `${name} ${shown(value)}`).join(", ")}</td></tr>`)}</tbody></${ScrollingTable}>`
      : html`<${Empty}><p>The best trials appear here once some have finished.</p></${Empty}>`}
  </${Panel}>`;
}
