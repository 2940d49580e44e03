/** A warning above each view while the server can store nothing: its disk is full, for one. */
import { html } from "htm/preact";
import { get, Problem, refusals } from "../api.js";
import { SELDOM, useLive } from "../live.js";
import { Notice } from "./notice.js";

/** Asked with each view, after events and refusals, and never by itself. @param {{ place: string }} props the view */
export function Readiness({ place }) {
  const { error } = useLive((signal) => get("readyz", {}, signal), [place, refusals.value], () => true, SELDOM);
  if (!(error instanceof Problem) || error.status !== 503) return null;
  return html`<${Notice} kind="warn">Nothing can be stored now, so nothing trains on. ${error.sentences.join(" ")}</${Notice}>`;
}
