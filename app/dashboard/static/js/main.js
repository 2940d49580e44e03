/** The start of the dashboard: puts the application into its page. */
import { render } from "preact";
import { html } from "htm/preact";
import { App } from "./app.js";
import { follow } from "./feed.js";

follow();
const root = /** @type {HTMLElement} */ (document.getElementById("app"));
root.replaceChildren();
render(html`<${App} />`, root);
