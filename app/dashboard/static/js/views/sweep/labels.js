/** Name, tags and notes of a sweep, in a dialog that changes them. */
import { html } from "htm/preact";
import { useRef } from "preact/hooks";
import { send } from "../../api.js";
import { attempt, toast } from "../../components/toasts.js";

/** The words between commas. @param {string} text */
export function tagsOf(text) {
  return [...new Set(text.split(",").map((one) => one.trim()).filter(Boolean))];
}

/** @param {{ sweep: import("../../types.js").Sweep, changed: () => void }} props */
export function Labels({ sweep, changed }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const save = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const body = { name: String(fields.get("name")), tags: tagsOf(String(fields.get("tags"))), notes: String(fields.get("notes")) };
    return attempt(async () => {
      await send("PATCH", `v1/sweeps/${encodeURIComponent(sweep.id)}`, body);
      dialog.current?.close();
      toast("Name, tags and notes are saved.");
      changed();
    });
  };
  return html`<button type="button" onClick=${() => dialog.current?.showModal()}>Edit</button>
    <dialog ref=${dialog} aria-label="Name, tags and notes">
      <form class="stack" onSubmit=${save} key=${`${sweep.name}\n${sweep.tags.join()}\n${sweep.notes}`}>
        <h2>Name, tags and notes</h2>
        <label>name<input name="name" required maxlength="200" defaultValue=${sweep.name} /></label>
        <label>tags, with commas between them<input name="tags" defaultValue=${sweep.tags.join(", ")} /></label>
        <label>notes<textarea name="notes" rows="5" defaultValue=${sweep.notes}></textarea></label>
        <div class="row"><button class="main">Save</button>
          <button type="button" onClick=${() => dialog.current?.close()}>Leave them as they are</button></div>
      </form>
    </dialog>`;
}
