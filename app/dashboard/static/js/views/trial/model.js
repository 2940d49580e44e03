/** The model of a trial: to take away in the formats that there are, what it answers, and a form that asks it. */
import { html } from "htm/preact";
import { address, get } from "../../api.js";
import { useLive } from "../../live.js";
import { Empty, Waiting } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { Answers } from "../model/answers.js";
import { Predict } from "../model/predict.js";
import { concernsTrial } from "./index.js";

/** @typedef {import("../../types.js").Sweep} Sweep */
/** @typedef {import("../../types.js").Trial} Trial */

const FORMATS = [["npz", "NPZ"], ["safetensors", "safetensors"], ["onnx", "ONNX"], ["json", "card (JSON)"]];
const FINAL = ["completed", "pruned"];

/** @param {{ sweep: Sweep, trial: Trial }} props */
export function TrialModel({ sweep, trial }) {
  const loaded = useLive(
    (signal) => /** @type {Promise<import("../../types.js").Schemas["KeptModelsAnswer"]>} */ (get(`v1/sweeps/${sweep.id}/models`, {}, signal)),
    [sweep.id, trial.number, trial.state],
    concernsTrial(sweep.id, trial.number),
  );
  const kept = loaded.value?.items;
  const path = `v1/sweeps/${sweep.id}/trials/${trial.number}`;
  if (!kept) return html`<${Panel} title="Model"><${Waiting} of=${loaded} /></${Panel}>`;
  if (!kept.some((one) => one.trial === trial.number)) return html`<${Panel} title="Model"><${Empty}><p>${why(sweep, trial)}</p></${Empty}></${Panel}>`;
  const parts = sweep.train_on_dev ? ["test"] : ["dev", "test"];
  return html`<${Downloads} path=${path} />
    <${Answers} path=${path} parts=${parts} table=${(/** @type {string} */ part) =>
      address(`v1/sweeps/${sweep.id}/export`, { of: "predictions", trial: trial.number, part })} />
    <${Predict} path=${path} />`;
}

/** Why a trial has no model. @param {Sweep} sweep @param {Trial} trial */
function why(sweep, trial) {
  if (!FINAL.includes(trial.state)) return "There is a model once the trial has finished. What it answers, and a form that asks it, appear here.";
  if (trial.same_as !== null) return `It was not trained: it has the point and the result of trial ${trial.same_as}, which may have a model.`;
  return `Its weights are not stored: only those of the best ${Math.max(sweep.keep_models, sweep.pool)} finished trials are kept.`;
}

/** @param {{ path: string }} props */
function Downloads({ path }) {
  return html`<${Panel} title="Model">
    <p class="quiet">The network with the weights of its best epoch.</p>
    <div class="row">${FORMATS.map(([name, label]) => html`<a class="button" download href=${address(`${path}/model`, { format: name }).href}>${label}</a>`)}</div>
  </${Panel}>`;
}
