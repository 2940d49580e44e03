/** The start of the dashboard: puts the application into its page, or the login where one is needed. */
import { render } from "preact";
import { html } from "htm/preact";
import { Problem } from "./api.js";
import { App } from "./app.js";
import { follow } from "./feed.js";
import { look, session } from "./session.js";
import { Login } from "./views/login.js";

const root = /** @type {HTMLElement} */ (document.getElementById("app"));

/** Show the application to who may see it. */
async function start() {
  try {
    await look();
  } catch (error) {
    if (!(error instanceof Problem)) throw error; // the application itself says that the server does not answer
  }
  const mayEnter = !session.value.guarded || session.value.name !== null;
  if (mayEnter) follow();
  root.replaceChildren();
  render(mayEnter ? html`<${App} />` : html`<${Login} />`, root);
}

start();
