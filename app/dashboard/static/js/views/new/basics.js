/** What a new sweep is about: data, budget, objective, and how it searches. */
import { html } from "htm/preact";
import { Panel } from "../../components/panel.js";
import { changed, typed } from "./request.js";

/** @typedef {import("./request.js").Request} Request */

const SAMPLERS = ["random", "sobol", "halton", "latin_hypercube", "grid", "tpe", "gp", "evolution"];
const SCHEDULERS = ["none", "median", "successive_halving", "hyperband", "asha", "thaw", "pbt"];
const LIMITS = ["trials", "epochs", "seconds"];

/** @param {{ request: Request, datasets: any[], metrics: any[], change: (request: Request) => void }} props */
export function Basics({ request, datasets, metrics, change }) {
  const task = datasets.find((one) => one.name === request.dataset)?.task;
  const objectives = metrics.filter((one) => !task || one.objective_of.includes(task));
  const set = (/** @type {string} */ name) => (/** @type {any} */ event) => change(changed(request, name, event.target.value));
  const kind = (/** @type {string} */ name) => (/** @type {any} */ event) => change(changed(request, name, { kind: event.target.value }));
  const aim = (/** @type {any} */ event) => {
    const chosen = metrics.find((one) => one.name === event.target.value);
    change(changed(request, "objective", chosen ? { metric: chosen.name, direction: chosen.direction } : null));
  };
  const select = (/** @type {string} */ label, /** @type {any} */ value, /** @type {any} */ act, /** @type {string[]} */ names, usual = "") => html`<label>${label}
    <select value=${value ?? ""} onChange=${act}>${usual && html`<option value="">${usual}</option>`}${names.map((one) => html`<option>${one}</option>`)}</select></label>`;
  return html`<${Panel} title="What it is about">
    <div class="grid">
      <label>Name<input value=${request.name ?? ""} onChange=${set("name")} /></label>
      <label>Tags, with commas between<input value=${(request.tags ?? []).join(", ")} onChange=${(/** @type {any} */ event) =>
        change(changed(request, "tags", event.target.value.split(",").map((/** @type {string} */ one) => one.trim()).filter(Boolean)))} /></label>
      ${select("Data set", request.dataset, set("dataset"), [...new Set([request.dataset, ...datasets.map((one) => one.name)])])}
      ${select("Objective", request.objective?.metric, aim, objectives.map((one) => one.name), "as the task suggests")}
      ${select("Sampler", request.sampler?.kind, kind("sampler"), SAMPLERS)}
      ${select("Scheduler", request.scheduler?.kind, kind("scheduler"), SCHEDULERS)}
    </div>
    <fieldset><legend>Budget: the first limit that is reached ends the sweep</legend><div class="row">
      ${LIMITS.map((name) => html`<label>${name}<input type="number" min="1" size="10" value=${request.budget?.[name] ?? ""} onChange=${(/** @type {any} */ event) =>
        change(changed(request, "budget", changed(request.budget ?? {}, name, event.target.value === "" ? null : Number(event.target.value))))} /></label>`)}
    </div></fieldset>
    <${Fixed} request=${request} change=${change} />
  </${Panel}>`;
}

/** @param {{ request: Request, change: (request: Request) => void }} props */
function Fixed({ request, change }) {
  const fixed = request.fixed ?? {};
  const set = (/** @type {string} */ name, /** @type {unknown} */ value) => change(changed(request, "fixed", changed(fixed, name, value)));
  const add = (/** @type {any} */ event) => {
    const [name, ...rest] = event.target.value.split("=");
    if (name.trim() && rest.length) set(name.trim(), typed(rest.join("=").trim()));
    event.target.value = "";
  };
  return html`<fieldset><legend>Fixed for all trials</legend><div class="row">
    ${Object.entries(fixed).map(([name, value]) => html`<label>${name}<input size="10" value=${JSON.stringify(value)}
      onChange=${(/** @type {any} */ event) => set(name, event.target.value === "" ? null : typed(event.target.value))} /></label>`)}
    <label>another one<input size="18" placeholder="batch_size=64" onChange=${add} /></label>
  </div></fieldset>`;
}
