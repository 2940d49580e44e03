/** Why a sweep is not finished, or why it ended: read when somebody asks, and kept up as long as they look. */
import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { get } from "../../api.js";
import { moment } from "../../format.js";
import { useLive } from "../../live.js";
import { Waiting } from "../../components/notice.js";
import { concerns } from "./concerns.js";

/** @typedef {import("../../types.js").Schemas["Why"]} Answer */

const OPEN = ["running", "paused"];

/** @param {{ sweep: import("../../types.js").Sweep }} props */
export function Why({ sweep }) {
  const [asked, ask] = useState(false);
  const question = OPEN.includes(sweep.state) ? "Why is it not finished?" : "Why did it end?";
  return html`<details onToggle=${(/** @type {any} */ event) => ask(event.currentTarget.open)}>
    <summary>${question}</summary>
    ${asked && html`<${Reasons} sweep=${sweep.id} />`}
  </details>`;
}

/** @param {{ sweep: string }} props */
function Reasons({ sweep }) {
  const loaded = useLive(
    (signal) => /** @type {Promise<Answer>} */ (get(`v1/sweeps/${sweep}/why`, {}, signal)),
    [sweep],
    concerns(sweep, ["sweep", "trials", "workers"]),
  );
  const why = loaded.value;
  if (!why) return html`<${Waiting} of=${loaded} />`;
  return html`<ul>
    ${why.reasons.map((one) => html`<li>${one.detail}</li>`)}
    ${why.expected_end && html`<li>If it goes on like this, it ends at about ${moment(why.expected_end)}.</li>`}
  </ul>`;
}
