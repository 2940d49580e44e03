/** The workers: who is alive, what each trains, and how fast. */
import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { get } from "../api.js";
import { ago, number, size } from "../format.js";
import { useLive } from "../live.js";
import { href } from "../router.js";
import { Empty, Waiting } from "../components/notice.js";
import { ScrollingTable } from "../components/table.js";

/** @typedef {import("../types.js").Schemas["WorkerAnswer"]} Worker */

const SHOWN = 12;

/** The list of workers. */
export function Workers() {
  const loaded = useLive(
    (signal) => /** @type {Promise<{ items: Worker[] }>} */ (get("v1/workers", { limit: 200 }, signal)),
    [],
    ({ kind }) => ["workers", "epochs", "trials"].includes(kind),
  );
  const now = useNow();
  const workers = loaded.value?.items;
  return html`<h1>Workers</h1>
    ${!workers
      ? html`<${Waiting} of=${loaded} />`
      : workers.length
        ? html`<${ScrollingTable} label="Table of workers">
          <thead><tr><th>name</th><th>trains</th><th class="number">slots in use</th><th class="number">epochs (1/s)</th><th class="number">memory</th>
            <th>trainer</th><th>version</th><th>alive since</th><th>heard of</th></tr></thead>
          <tbody>${workers.map((one) => html`<${Row} key=${one.name} worker=${one} now=${now} />`)}</tbody></${ScrollingTable}>`
        : html`<${Empty}><p>No worker is alive, so nothing trains. Start one beside the server, or on any machine that reaches it:</p>
            <code>logsweep work --server ${location.origin}</code></${Empty}>`}`;
}

/** The time of now, anew each ten seconds: what was heard grows old though nothing happens. */
function useNow() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** @param {{ worker: Worker, now: number }} props */
function Row({ worker, now }) {
  const used = worker.training.reduce((sum, one) => sum + one.trials.length, 0);
  return html`<tr><td>${worker.name}</td>
    <td>${worker.training.map(({ sweep, trials }) => html`<div><a href=${href(["sweeps", sweep])}>${sweep}</a>${" "}
      ${trials.slice(0, SHOWN).map((one) => html`<a href=${href(["sweeps", sweep, "trials", one])}>${one}</a> `)}
      ${trials.length > SHOWN && `and ${trials.length - SHOWN} more`}</div>`)}${!worker.training.length && "waits for work"}</td>
    <td class="number">${number(used)} of ${number(worker.slots)}</td>
    <td class="number">${number(worker.epochs_per_second < 0.001 ? 0 : Number(worker.epochs_per_second.toPrecision(3)))}</td>
    <td class="number">${size(worker.memory_bytes)}</td>
    <td>${worker.trainer ?? "–"}</td><td>${worker.version ?? "–"}</td><td>${ago(worker.since, now)}</td><td>${ago(worker.heard_at, now)}</td></tr>`;
}
