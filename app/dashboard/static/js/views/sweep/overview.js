/** The overview of a sweep: how the best value developed, and the best trials. */
import { html } from "htm/preact";
import { get } from "../../api.js";
import { number } from "../../format.js";
import { useLive } from "../../live.js";
import { adjust } from "../../router.js";
import { Chart } from "../../charts/chart.js";
import { progressNumbers, progressOptions } from "../../charts/progress.js";
import { Empty, Waiting } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { concerns } from "./concerns.js";
import { useMemo } from "preact/hooks";

const BY = ["trials", "epochs", "seconds"];

/** @param {{ sweep: import("../../types.js").Sweep, where: string[], query: URLSearchParams }} props */
export function Overview({ sweep, where, query }) {
  const by = BY.find((one) => one === query.get("by")) ?? "trials";
  const loaded = useLive(
    (signal) => /** @type {Promise<import("../../charts/progress.js").Progress>} */ (get(`v1/sweeps/${sweep.id}/charts/progress`, { by, where }, signal)),
    [sweep.id, by, where.join("\n")],
    concerns(sweep.id, ["trials"]),
  );
  const progress = loaded.value;
  const options = useMemo(() => progress && progressOptions(progress), [progress]);
  const tools = html`<label class="row">against<select value=${by} onChange=${(/** @type {any} */ event) => adjust({ by: event.target.value })}>
    ${BY.map((one) => html`<option>${one}</option>`)}</select></label>`;
  return html`<${Panel} title="Best value so far" tools=${tools}>
    ${!progress || !options
      ? html`<${Waiting} of=${loaded} />`
      : progress.total
        ? html`<${Chart} title="Best value so far" options=${options} numbers=${() => progressNumbers(progress)} height=${380}
            summary=${`${progress.total} results; the best ${progress.metric} is ${number(progress.best.value.at(-1))}.`} />`
        : html`<${Empty}><p>No trial ${where.length ? "that fits the filter " : ""}has finished yet. Results appear here by themselves.</p></${Empty}>`}
  </${Panel}>`;
}
