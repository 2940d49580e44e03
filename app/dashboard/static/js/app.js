/** The frame around all views: the bar at the top, and the view that the address asks for. */
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { connection } from "./feed.js";
import { href, route } from "./router.js";
import { logOut, session } from "./session.js";
import { theme, THEMES } from "./theme.js";
import { Readiness } from "./components/readiness.js";
import { Toasts } from "./components/toasts.js";
import { Notice } from "./components/notice.js";
import { VIEWS, viewOf } from "./views/index.js";

/** The whole dashboard. */
export function App() {
  const { path, query } = route.value;
  const found = viewOf(path);
  const main = useRef(/** @type {HTMLElement | null} */ (null));
  const place = path.join("/");
  const seen = useRef(place);
  useEffect(() => {
    document.title = `${found.title} · logsweep`;
    if (seen.current !== place) main.current?.focus(); // who reads by ear starts at the new view
    seen.current = place;
  }, [place]);
  return html`
    <a class="skip" href="#content" onClick=${(/** @type {Event} */ event) => focusOn(event, main.current)}>
      Skip to the content</a>
    <${Bar} current=${found.section} />
    <main id="content" tabindex="-1" ref=${main}>
      ${connection.value === "lost" && html`<${Notice} kind="warn">The server does not answer. What is shown may be old;
        this page tries again by itself.</${Notice}>`}
      <${Readiness} place=${place} />
      <${found.view} key=${found.key} ...${found.params} query=${query} />
    </main>
    <${Toasts} />`;
}

/** @param {Event} event @param {HTMLElement | null} target */
function focusOn(event, target) {
  event.preventDefault();
  target?.focus();
}

/** @param {{ current: string }} props */
function Bar({ current }) {
  return html`
    <header class="bar">
      <a class="brand" href=${href([])}><img src="./dashboard/icon.svg" width="22" height="22" alt="" />logsweep</a>
      <nav aria-label="Views">
        ${VIEWS.filter((view) => view.menu).map(
          (view) => html`<a href=${href(view.pattern)} aria-current=${view.section === current ? "page" : undefined}>
            ${view.menu}</a>`,
        )}
        <a href="./docs">API</a>
      </nav>
      ${session.value.name !== null &&
      html`<button type="button" onClick=${logOut} title=${`logged in as ${session.value.name}`}>Log out</button>`}
      <label class="row"><span class="unseen">Colours</span>
        <select value=${theme.value} onChange=${(/** @type {any} */ event) => (theme.value = event.target.value)}>
          ${THEMES.map((name) => html`<option value=${name}>${name}</option>`)}
        </select>
      </label>
    </header>`;
}
