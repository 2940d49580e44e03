/** Who is logged in, where the server asks for access keys. The cookie is the browser's: no script can read it. */
import { signal } from "@preact/signals";
import { get, send } from "./api.js";

/** @typedef {{ guarded: boolean, name: string | null, scopes: string[] }} Session */

/** Who is logged in. @type {import("@preact/signals").Signal<Session>} */
export const session = signal({ guarded: false, name: null, scopes: /** @type {string[]} */ ([]) });

/** Ask who is logged in. Throws Problem. */
export async function look() {
  session.value = await get("v1/session");
}

/** Log in, and begin anew. Throws Problem. @param {string} key */
export async function logIn(key) {
  await send("POST", "v1/session", { key });
  location.reload();
}

/** Log out, and begin anew. Throws Problem. */
export async function logOut() {
  await send("DELETE", "v1/session");
  location.reload();
}
