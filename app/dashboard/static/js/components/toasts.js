/** Short messages at the edge of the page, for what was done or failed elsewhere. */
import { html } from "htm/preact";
import { signal } from "@preact/signals";
import { ErrorNotice, Notice } from "./notice.js";

const LASTING = 8000;

/** @type {import("@preact/signals").Signal<{ id: number, text?: string, error?: Error }[]>} */
const toasts = signal([]);
let last = 0;

/** Say something. @param {string | Error} what */
export function toast(what) {
  const id = ++last;
  toasts.value = [...toasts.value, what instanceof Error ? { id, error: what } : { id, text: what }];
  setTimeout(() => (toasts.value = toasts.value.filter((one) => one.id !== id)), LASTING);
}

/** Do something that may fail, and say so if it does; answers whether it was done. @param {() => Promise<unknown>} act */
export async function attempt(act) {
  try {
    await act();
    return true;
  } catch (error) {
    toast(/** @type {Error} */ (error));
    return false;
  }
}

/** All messages of now. */
export function Toasts() {
  return html`<div class="toasts">
    ${toasts.value.map((one) =>
      one.error ? html`<${ErrorNotice} key=${one.id} error=${one.error} />` : html`<${Notice} key=${one.id}>${one.text}</${Notice}>`,
    )}
  </div>`;
}
