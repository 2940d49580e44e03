/** The state of a sweep or a trial: a word with a colour, never a colour alone. */
import { html } from "htm/preact";

/** @param {{ state: string }} props */
export function Pill({ state }) {
  return html`<span class=${`pill ${state}`}>${state}</span>`;
}
