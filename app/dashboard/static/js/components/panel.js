/** A part of a view with a heading of its own. */
import { html } from "htm/preact";

/** @param {{ title: string, tools?: any, children?: any }} props */
export function Panel({ title, tools = null, children }) {
  return html`<section class="panel" aria-label=${title}>
    <header><h2>${title}</h2><div class="row">${tools}</div></header>
    ${children}
  </section>`;
}
