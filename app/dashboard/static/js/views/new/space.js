/** The space of a new sweep: a row for each parameter, with its range or its choices. */
import { html } from "htm/preact";
import { Panel } from "../../components/panel.js";
import { firstRange, list, listed, typed, withParameter } from "./request.js";

/** @typedef {import("../../types.js").Schemas["HyperparameterAnswer"]} Hyperparameter */
/** @typedef {import("./request.js").Request} Request */

const SCALES = ["linear", "log", "reverse_log", "symmetric_log"];

/** @param {{ request: Request, known: readonly Hyperparameter[], change: (request: Request) => void }} props */
export function Space({ request, known, change }) {
  const space = request.space ?? {};
  const free = known.filter((one) => !(one.name in space) && !(one.name in (request.fixed ?? {})));
  const add = (/** @type {any} */ event) => {
    const about = known.find((one) => one.name === event.target.value);
    if (about) change(withParameter(request, about.name, about.name, firstRange(/** @type {any} */ (about))));
    event.target.value = "";
  };
  return html`<${Panel} title="What is searched">
    ${Object.entries(space).map(([name, about]) => html`<${Row} key=${name} name=${name} about=${about}
      meaning=${known.find((one) => one.name === name)?.meaning ?? ""} kinds=${known.find((one) => one.name === name)?.kinds ?? ["float", "int", "choice"]}
      set=${(/** @type {any} */ next) => change(withParameter(request, name, name, next))}
      remove=${() => change(withParameter(request, name, null, null))} />`)}
    <label>Search another hyperparameter<select onChange=${add}><option value="">choose …</option>
      ${free.map((one) => html`<option value=${one.name}>${one.name}: ${one.meaning}</option>`)}</select></label>
  </${Panel}>`;
}

/** @param {{ name: string, about: any, meaning: string, kinds: readonly string[], set: (about: any) => void, remove: () => void }} props */
function Row({ name, about, meaning, kinds, set, remove }) {
  return html`<fieldset><legend><strong>${name}</strong> <span class="quiet">${meaning}</span></legend><div class="row">
    <label>kind<select value=${about.kind} onChange=${(/** @type {any} */ event) => set(ofKind(event.target.value, about))}>
      ${[...new Set([about.kind, ...kinds])].map((one) => html`<option>${one}</option>`)}</select></label>
    ${about.values !== undefined ? html`<${Choices} about=${about} set=${set} />` : html`<${Range} about=${about} set=${set} />`}
    <label>only when<input size="22" value=${about.when ? JSON.stringify(about.when) : ""} placeholder='{"optimizer": ["adam"]}'
      onChange=${(/** @type {any} */ event) => set(withCondition(about, event.target.value))} /></label>
    <button type="button" class="small bad" onClick=${remove}>Remove<span class="unseen"> ${name}</span></button>
  </div></fieldset>`;
}

/** @param {string} kind @param {any} about */
function ofKind(kind, about) {
  const kept = about.when ? { when: about.when } : {};
  if (kind === "choice" || kind === "ordered") return { kind, values: about.values ?? [about.low, about.high], ...kept };
  const [low, high] = about.values ? [about.values[0], about.values.at(-1)] : [about.low, about.high];
  return { kind, low: Number(low) || 0, high: Number(high) || 1, scale: about.scale ?? "linear", ...kept };
}

/** @param {any} about @param {string} text */
function withCondition({ when: _, ...rest }, text) {
  return text.trim() ? { ...rest, when: typed(text) } : rest;
}

/** @param {{ about: any, set: (about: any) => void }} props */
function Range({ about, set }) {
  const number = (/** @type {string} */ field) => html`<label>${field}<input type="number" step="any" size="10" value=${about[field]}
    onChange=${(/** @type {any} */ event) => set({ ...about, [field]: event.target.value === "" ? null : Number(event.target.value) })} /></label>`;
  return html`${number("low")}${number("high")}
    <label>scale<select value=${about.scale ?? "linear"} onChange=${(/** @type {any} */ event) => set({ ...about, scale: event.target.value })}>
      ${SCALES.map((one) => html`<option>${one}</option>`)}</select></label>`;
}

/** @param {{ about: any, set: (about: any) => void }} props */
function Choices({ about, set }) {
  return html`<label>values, with commas between<input size="30" value=${listed(about.values)}
    onChange=${(/** @type {any} */ event) => set({ ...about, values: list(event.target.value) })} /></label>`;
}
