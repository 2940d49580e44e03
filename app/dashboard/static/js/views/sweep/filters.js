/** The conditions that filter what the tabs show: those of brushes and those that were typed, each with a way out. */
import { html } from "htm/preact";
import { adjust, route } from "../../router.js";

/** @param {{ where: readonly string[] }} props */
export function Filters({ where }) {
  const add = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const text = String(new FormData(form).get("condition")).trim();
    if (text) adjust({ where: [...route.value.query.getAll("where"), text], cursor: null });
    form.reset();
  };
  return html`<form class="row" onSubmit=${add} aria-label="Filters">
    ${where.map((one, place) => html`<span class="tag row">${one}
      <button type="button" class="small" aria-label=${`Remove the filter ${one}`}
        onClick=${() => adjust({ where: where.filter((_, other) => other !== place), cursor: null })}>×</button></span>`)}
    <input name="condition" aria-label="Only trials where" placeholder="dev_error<0.1, param.optimizer=adam" size="30" />
    <button class="small">Filter</button>
    ${where.length > 0 && html`<button type="button" class="small" onClick=${() => adjust({ where: [], cursor: null })}>Show all trials</button>`}
  </form>`;
}
