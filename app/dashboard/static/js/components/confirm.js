/** A button for what cannot be undone: it asks once more, in a dialog that the keyboard can leave by Escape. */
import { html } from "htm/preact";
import { useRef } from "preact/hooks";

/**
 * @param {{ question: string, detail: string, act: () => void, disabled?: boolean, className?: string, children?: any }} props
 */
export function ConfirmButton({ question, detail, act, disabled = false, className = "bad", children }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const close = () => dialog.current?.close();
  return html`
    <button type="button" class=${className} disabled=${disabled} onClick=${() => dialog.current?.showModal()}>${children}</button>
    <dialog ref=${dialog} aria-label=${question}>
      <div class="stack">
        <h2>${question}</h2>
        <p>${detail}</p>
        <div class="row">
          <button type="button" class="main" onClick=${() => (close(), act())}>${children}</button>
          <button type="button" onClick=${close}>Keep everything as it is</button>
        </div>
      </div>
    </dialog>`;
}
