/** What is wrong with a trial, and what to do: bias and variance, and troubles in training by name. */
import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { get } from "../../api.js";
import { number } from "../../format.js";
import { useLive } from "../../live.js";
import { Waiting } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { concernsTrial } from "./index.js";

/** @typedef {import("../../types.js").Schemas["TrialDiagnosis"]} TrialDiagnosis */

const VERDICTS = { high_bias: "High bias", high_variance: "High variance", both: "High bias and high variance", neither: "Neither high bias nor high variance" };

/** @param {{ sweep: string, trial: number }} props */
export function Verdict({ sweep, trial }) {
  const [hoped, setHoped] = useState(0);
  const loaded = useLive(
    (signal) => /** @type {Promise<TrialDiagnosis>} */ (get(`v1/sweeps/${sweep}/trials/${trial}/diagnosis`, { hoped_error: hoped }, signal)),
    [sweep, trial, hoped],
    concernsTrial(sweep, trial),
  );
  const found = loaded.value;
  const tools = html`<label class="row">error hoped for<input type="number" min="0" step="any" value=${hoped} size="6"
    onChange=${(/** @type {any} */ event) => setHoped(Number(event.target.value) || 0)} /></label>`;
  return html`<${Panel} title="Diagnosis" tools=${tools}>
    ${found ? html`<${Found} found=${found} />` : html`<${Waiting} of=${loaded} />`}
  </${Panel}>`;
}

/** @param {{ found: TrialDiagnosis }} props */
function Found({ found }) {
  const judged = found.bias_variance;
  return html`
    ${judged
      ? html`<p><strong>${VERDICTS[judged.verdict]}.</strong> ${judged.detail}</p>
          <p class="quiet">avoidable bias ${number(judged.avoidable_bias)}, variance ${number(judged.variance)} (${judged.metric})</p>
          <ol>${judged.recipe.map((step) => html`<li><strong>${step.action.replaceAll("_", " ")}</strong>: ${step.why}</li>`)}</ol>`
      : html`<p class="quiet">It has no errors on train and dev to be judged by yet.</p>`}
    ${found.training.length
      ? html`<ul>${found.training.map((one) => html`<li><strong>${one.kind.replaceAll("_", " ")}</strong>, epoch ${one.epoch}: ${one.detail}</li>`)}</ul>`
      : html`<p class="quiet">Its training shows no trouble.</p>`}`;
}
