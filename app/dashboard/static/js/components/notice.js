/** Sentences that stand out: hints, warnings, errors of the server, and what to do where there is nothing yet. */
import { html } from "htm/preact";
import { Problem } from "../api.js";

/** @param {{ kind?: "" | "warn" | "bad", children?: any }} props */
export function Notice({ kind = "", children }) {
  return html`<div class=${`notice ${kind}`} role=${kind === "bad" ? "alert" : "status"}>${children}</div>`;
}

/** An error, with every sentence of the server. @param {{ error: Error | null }} props */
export function ErrorNotice({ error }) {
  if (!error) return null;
  const sentences = error instanceof Problem ? error.sentences : [error.message];
  return html`<${Notice} kind="bad">${sentences.map((one) => html`<p>${one}</p>`)}</${Notice}>`;
}

/** What is said where there is nothing to show: what would be here, and how to get it. @param {{ children?: any }} props */
export function Empty({ children }) {
  return html`<div class="empty">${children}</div>`;
}

/** What a view shows of something that loads. @param {{ of: { value: any, error: Error | null } }} props */
export function Waiting({ of }) {
  return of.error ? html`<${ErrorNotice} error=${of.error} />` : html`<p class="quiet" role="status">Loading …</p>`;
}
