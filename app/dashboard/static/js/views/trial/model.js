/** The model of a trial, to take away in the formats that there are. */
import { html } from "htm/preact";
import { address } from "../../api.js";
import { Empty } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";

const FORMATS = [["npz", "NPZ"], ["safetensors", "safetensors"], ["onnx", "ONNX"], ["json", "card (JSON)"]];

/** @param {{ sweep: string, trial: import("../../types.js").Trial }} props */
export function Downloads({ sweep, trial }) {
  const finished = ["completed", "pruned"].includes(trial.state);
  return html`<${Panel} title="Model">
    ${finished
      ? html`<p class="quiet">The network with the weights of its best epoch. The best trials of a sweep keep theirs.</p>
        <div class="row">${FORMATS.map(([name, label]) => html`<a class="button" download
          href=${address(`v1/sweeps/${sweep}/trials/${trial.number}/model`, { format: name }).href}>${label}</a>`)}</div>`
      : html`<${Empty}><p>There is a model once the trial has finished.</p></${Empty}>`}
  </${Panel}>`;
}
