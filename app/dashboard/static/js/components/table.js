/** A table that scrolls within its place, by keyboard too, where the screen is narrower than it is. */
import { html } from "htm/preact";

/** @param {{ label: string, children?: any }} props */
export function ScrollingTable({ label, children }) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${label}><table>${children}</table></div>`;
}
