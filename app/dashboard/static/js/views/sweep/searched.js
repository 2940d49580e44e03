/** What the trials of a sweep say of its space: what matters, where better values may lie, and how to go on. */
import { html } from "htm/preact";
import { duration, number, percent, percents, shown } from "../../format.js";
import { Empty } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { ScrollingTable } from "../../components/table.js";

/** @typedef {import("../../types.js").Schemas["SweepAnalysis"]} SweepAnalysis */
/** @typedef {import("../../types.js").Sweep} Sweep */
/** @typedef {Record<string, any>} Space */

/** @param {{ found: SweepAnalysis, sweep: Sweep }} props */
export function Searched({ found, sweep }) {
  return html`<div class="grid"><${Importances} found=${found} /><${Where} found=${found} /><${Spent} found=${found} sweep=${sweep} /></div>
    <${Next} found=${found} sweep=${sweep} />`;
}

/** @param {{ found: SweepAnalysis }} props */
function Importances({ found }) {
  return html`<${Panel} title="What matters">
    ${found.lack && html`<${Empty}><p>${found.lack}</p></${Empty}>`}
    ${found.importance.length > 0 && html`<${ScrollingTable} label="Table of importances">
      <thead><tr><th>parameter</th><th>importance</th><th class="number">share</th><th class="number">95 % interval</th></tr></thead>
      <tbody>${found.importance.map((one) => html`<tr key=${one.parameter}><th scope="row">${one.parameter}</th>
        <td><meter min="0" max="1" value=${one.share} aria-label=${`importance of ${one.parameter}`}></meter></td>
        <td class="number">${percent(one.share)}</td><td class="number">${percents(one.low, one.high)}</td></tr>`)}</tbody></${ScrollingTable}>
      <p class="quiet">The share of each parameter in what all explain alone of how the objective varies.
        ${found.irrelevant.length ? ` Whether the best trials depend on ${found.irrelevant.join(", ")} cannot be told from chance.` : ""}</p>
      ${found.pairs.map((pair) => html`<p>${pair.parameters.join(" and ")} matter together: look for good values of the one given the other.</p>`)}`}
  </${Panel}>`;
}

/** @param {{ found: SweepAnalysis }} props */
function Where({ found }) {
  const { edges, divergence, expected_gain: gain } = found;
  return html`<${Panel} title="Edges, divergence and what more trials would gain">
    <ul class="plain">
      ${edges.map((edge) => html`<li>${edge.detail}</li>`)}
      ${edges.length === 0 && !found.lack && html`<li>No best values lie at the edge of a range.</li>`}
      ${divergence ? html`<li>${divergence.detail}</li>` : html`<li>Hardly a trial diverged.</li>`}
      ${gain && html`<li>${number(gain.more)} more trials of the kind are expected to better the best value, ${number(gain.best)}, by ${number(gain.gain)}, in 95 of 100 cases
        by at most ${number(gain.at_most)}. <span class="quiet">${gain.note}</span></li>`}
    </ul>
  </${Panel}>`;
}

/** @param {{ found: SweepAnalysis, sweep: Sweep }} props */
function Spent({ found, sweep }) {
  const { all, ...parts } = found.waste;
  const unit = sweep.trainer === "logsweep" ? "epochs" : "steps";
  const rows = /** @type {[string, typeof all][]} */ ([["all that were read", all], ...Object.entries(parts)]);
  return html`<${Panel} title="What the budget was spent on"><${ScrollingTable} label="Table of what was spent">
    <thead><tr><th>trials</th><th class="number">count</th><th class="number">${unit}</th><th class="number">share</th><th class="number">time</th></tr></thead>
    <tbody>${rows.map(([name, one]) => html`<tr key=${name}><th scope="row">${name.replaceAll("_", " ")}</th><td class="number">${number(one.trials)}</td>
      <td class="number">${number(one.epochs)}</td><td class="number">${percent(all.epochs ? one.epochs / all.epochs : null)}</td>
      <td class="number">${duration(one.seconds)}</td></tr>`)}</tbody></${ScrollingTable}>
    <p class="quiet">After best: the epochs of completed trials behind their best one.</p>
  </${Panel}>`;
}

/** @param {{ found: SweepAnalysis, sweep: Sweep }} props */
function Next({ found, sweep }) {
  if (!found.next_space) return null;
  const before = /** @type {Space} */ (sweep.space);
  const after = /** @type {Space} */ (found.next_space.space);
  return html`<${Panel} title="The next space">
    <p>Narrowed around the best fifth of the trials, and wider where the best lie at an edge. Refine, above, searches it with what was learnt here.</p>
    <${ScrollingTable} label="Table of ranges"><thead><tr><th>parameter</th><th>now</th><th>next</th></tr></thead><tbody>
      ${Object.keys(after).map((name) => html`<tr key=${name}><th scope="row">${name}</th><td>${range(before[name])}</td><td>${same(before[name], after[name]) ? "as it is" : range(after[name])}</td></tr>`)}
    </tbody></${ScrollingTable}>
    <details><summary>The request, as it can be posted</summary><pre tabindex="0">${JSON.stringify(found.next_space, null, 2)}</pre></details>
  </${Panel}>`;
}

/** @param {any} one */
function range(one) {
  if (!one) return "–";
  return one.kind === "choice" ? one.values.map(shown).join(", ") : `${number(one.low)} to ${number(one.high)}`;
}

/** @param {any} one @param {any} other */
function same(one, other) {
  return range(one) === range(other);
}
