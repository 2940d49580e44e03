/** The view before all others, where the server asks for an access key. */
import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { logIn } from "../session.js";
import { ErrorNotice } from "../components/notice.js";

/** A form for the key. */
export function Login() {
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    try {
      await logIn(String(form.get("key")));
    } catch (refusal) {
      setError(/** @type {Error} */ (refusal));
    }
  }
  return html`
    <main id="content">
      <h1>Log in</h1>
      <p>This server asks for an access key. Whoever runs it makes one with <code>logsweep key create</code>.</p>
      <form class="row" onSubmit=${submit}>
        <input hidden autocomplete="username" value="access key" />
        <label>Access key
          <input name="key" type="password" autocomplete="current-password" required autofocus />
        </label>
        <button type="submit">Log in</button>
      </form>
      <${ErrorNotice} error=${error} />
    </main>`;
}
