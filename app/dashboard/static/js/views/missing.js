/** What is shown at an address that no view has. */
import { html } from "htm/preact";
import { href } from "../router.js";
import { Empty } from "../components/notice.js";

/** The view of a wrong address. */
export function Missing() {
  return html`<h1>There is nothing at this address</h1>
    <${Empty}><p>It may have been copied in part.</p><a class="button" href=${href([])}>All sweeps</a></${Empty}>`;
}
