/** A new sweep: a form that knows the language of spaces, the same request as JSON, and what it would draw. */
import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { get, send } from "../../api.js";
import { useLive } from "../../live.js";
import { go } from "../../router.js";
import { ErrorNotice, Notice, Waiting } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { requestOf } from "../sweep/settings.js";
import { Basics } from "./basics.js";
import { Preview } from "./preview.js";
import { firstRequest } from "./request.js";
import { Space } from "./space.js";

/** @typedef {import("./request.js").Request} Request */

/** @param {{ query: URLSearchParams }} props */
export function NewSweep({ query }) {
  const clone = query.get("clone");
  const loaded = useLive(
    async (signal) => {
      const [datasets, known, metrics] = await Promise.all([
        /** @type {Promise<any>} */ (get("v1/datasets", { limit: 200 }, signal)),
        /** @type {Promise<any>} */ (get("v1/hyperparameters", {}, signal)),
        /** @type {Promise<any>} */ (get("v1/metrics", {}, signal)),
      ]);
      const cloned = clone ? await get(`v1/sweeps/${encodeURIComponent(clone)}`, {}, signal) : null;
      return { datasets: datasets.items, known: known.items, metrics: metrics.items, cloned };
    },
    [clone],
  );
  const found = loaded.value;
  if (!found) return html`<h1>New sweep</h1><${Waiting} of=${loaded} />`;
  const dataset = query.get("dataset") ?? found.datasets[0]?.name ?? "";
  return html`<${Form} first=${found.cloned ? requestOf(/** @type {any} */ (found.cloned)) : firstRequest(dataset)} ...${found} />`;
}

/** @param {{ first: Request, datasets: any[], known: any[], metrics: any[] }} props */
function Form({ first, datasets, known, metrics }) {
  const [text, setText] = useState(() => JSON.stringify(first, null, 2));
  const [preview, setPreview] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const [busy, setBusy] = useState(false);
  const [request, fault] = read(text);
  useEffect(() => setPreview(null), [text]);
  const change = (/** @type {Request} */ next) => setText(JSON.stringify(next, null, 2));
  const ask = async (/** @type {() => Promise<void>} */ act) => {
    setBusy(true);
    setError(null);
    await act().catch(setError);
    setBusy(false);
  };
  const look = () => ask(async () => setPreview(await send("POST", "v1/spaces/preview", request)));
  const start = () => ask(async () => go(["sweeps", /** @type {any} */ (await send("POST", "v1/sweeps", request)).id]));
  return html`<div class="head"><h1>New sweep</h1><div class="row">
      <button type="button" disabled=${busy || !request} onClick=${look}>Preview</button>
      <button type="button" class="main" disabled=${busy || !request} onClick=${start}>Start the sweep</button></div></div>
    <${ErrorNotice} error=${error} />
    <div class="grid">
      <div class="stack">${request
        ? html`<${Basics} request=${request} datasets=${datasets} metrics=${metrics} change=${change} /><${Space} request=${request} known=${known} change=${change} />`
        : html`<${Notice} kind="warn">The form comes back when the JSON is complete: ${fault}</${Notice}>`}</div>
      <${Panel} title="The same as JSON">
        <p class="quiet">What you change here changes the form, and the other way round. It is the body of POST /v1/sweeps.</p>
        <textarea aria-label="The request as JSON" rows="32" spellcheck=${false} value=${text} aria-invalid=${request ? undefined : "true"}
          onInput=${(/** @type {any} */ event) => setText(event.target.value)}></textarea>
      </${Panel}>
    </div>
    ${preview && html`<${Preview} preview=${preview} />`}`;
}

/** The request that a text says; null and what is wrong where it is no JSON object. @param {string} text @returns {[Request | null, string]} */
function read(text) {
  try {
    const value = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? [value, ""] : [null, "it has to be an object in braces."];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [null, error.message];
  }
}
