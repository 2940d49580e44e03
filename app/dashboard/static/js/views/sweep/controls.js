/** What can be done with a sweep: pause, resume, extend, refine, cancel, clone, delete. */
import { html } from "htm/preact";
import { useRef } from "preact/hooks";
import { send } from "../../api.js";
import { go, href } from "../../router.js";
import { Labels } from "./labels.js";
import { ConfirmButton } from "../../components/confirm.js";
import { attempt, toast } from "../../components/toasts.js";

/** @typedef {import("../../types.js").Sweep} Sweep */

/** @param {{ sweep: Sweep, changed: () => void }} props */
export function Controls({ sweep, changed }) {
  const path = `v1/sweeps/${encodeURIComponent(sweep.id)}`;
  const act = (/** @type {string} */ what, /** @type {Record<string, boolean>} */ query = {}) =>
    attempt(async () => {
      await send("POST", `${path}/${what}`, undefined, query);
      changed();
    });
  const refine = () =>
    attempt(async () => {
      const next = /** @type {Sweep} */ (await send("POST", `${path}/refine`, {}));
      toast(`${next.name} has started: narrower around the best trials, wider where they lie at an edge.`);
      go(["sweeps", next.id]);
    });
  const remove = async () => {
    if (await attempt(() => send("DELETE", path))) go([]);
  };
  const open = sweep.state === "running" || sweep.state === "paused";
  return html`<div class="row" role="group" aria-label="Actions">
    <${Labels} sweep=${sweep} changed=${changed} />
    ${sweep.state === "running" && html`<button type="button" onClick=${() => act("pause")}>Pause</button>`}
    ${sweep.state === "paused" && html`<button type="button" class="main" onClick=${() => act("resume")}>Resume</button>`}
    ${sweep.state !== "cancelled" && html`<${Extend} sweep=${sweep} path=${path} changed=${changed} />`}
    ${sweep.trainer === "logsweep" && html`<button type="button" onClick=${refine} title="Search the next space, with what this sweep has learnt">Refine</button>`}
    <a class="button" href=${href(["new"], { clone: sweep.id })}>Clone</a>
    ${open && html`<${ConfirmButton} question="Cancel this sweep?" act=${() => act("cancel")}
      detail="Trials in training are thrown away. Finished ones stay, with their models.">Cancel the sweep</${ConfirmButton}>`}
    ${!open && html`<${ConfirmButton} question="Delete this sweep?" act=${remove}
      detail="Its trials, curves and models are gone for good.">Delete the sweep</${ConfirmButton}>`}
  </div>`;
}

/** @param {{ sweep: Sweep, path: string, changed: () => void }} props */
function Extend({ sweep, path, changed }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const budget = /** @type {Record<string, number | null>} */ (sweep.budget);
  const limits = ["trials", "epochs", "seconds"].filter((name) => budget[name] !== null && budget[name] !== undefined);
  const extend = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const wanted = Object.fromEntries(limits.map((name) => [name, Number(form.get(name))]));
    if (!(await attempt(() => send("PATCH", path, { budget: wanted })))) return;
    toast("The sweep goes on with the new budget.");
    dialog.current?.close();
    changed();
  };
  return html`
    <button type="button" onClick=${() => dialog.current?.showModal()}>Extend</button>
    <dialog ref=${dialog} aria-label="Extend the budget">
      <form class="stack" onSubmit=${extend}>
        <h2>Extend the budget</h2>
        <p class="quiet">Each limit counts from the beginning of the sweep. A completed sweep goes on.</p>
        ${limits.map((name) => html`<label>${name}<input type="number" name=${name} min="1" step="any" required defaultValue=${budget[name]} /></label>`)}
        <div class="row"><button class="main">Extend the sweep</button>
          <button type="button" onClick=${() => dialog.current?.close()}>Leave it as it is</button></div>
      </form>
    </dialog>`;
}
