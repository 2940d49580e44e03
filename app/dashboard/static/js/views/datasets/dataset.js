/** One data set: its card, and what can be done with it. */
import { html } from "htm/preact";
import { get, send } from "../../api.js";
import { moment, number } from "../../format.js";
import { useLive } from "../../live.js";
import { go, href } from "../../router.js";
import { ConfirmButton } from "../../components/confirm.js";
import { Waiting } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { ScrollingTable } from "../../components/table.js";
import { attempt } from "../../components/toasts.js";
import { CardParts } from "./card.js";

/** @typedef {import("./index.js").Dataset} Dataset */

/** @param {{ name: string }} props */
export function DatasetView({ name }) {
  const path = `v1/datasets/${encodeURIComponent(name)}`;
  const loaded = useLive(
    (signal) => /** @type {Promise<Dataset>} */ (get(path, {}, signal)),
    [name],
    ({ kind, data }) => kind === "dataset" && data.name === name,
  );
  const dataset = loaded.value;
  if (!dataset) return html`<h1>${name}</h1><${Waiting} of=${loaded} />`;
  const remove = async () => {
    if (await attempt(() => send("DELETE", path))) go(["datasets"]);
  };
  return html`
    <div class="head"><h1>${name}</h1><div class="row">
      <a class="button main" href=${href(["new"], { dataset: name })}>New sweep on it</a>
      ${!dataset.builtin && html`<${ConfirmButton} question="Delete this data set?" act=${remove}
        detail="Sweeps that have ended keep their results. It cannot be deleted while a sweep runs on it.">Delete the data set</${ConfirmButton}>`}
    </div></div>
    <dl class="facts">
      <div><dt>predicts</dt><dd>${String(dataset.card.target ?? "–")}</dd></div>
      <div><dt>task</dt><dd>${dataset.task}</dd></div>
      <div><dt>inputs of the network</dt><dd>${number(dataset.features)}</dd></div>
      <div><dt>outputs</dt><dd>${number(dataset.outputs)}</dd></div>
      <div><dt>stored</dt><dd>${dataset.builtin ? "built in" : moment(dataset.created_at)}</dd></div>
    </dl>
    <${CardParts} card=${dataset.card} rows=${dataset.rows} />
    <${Columns} columns=${/** @type {any[]} */ (dataset.card.columns ?? [])} />`;
}

/** @param {{ columns: any[] }} props */
function Columns({ columns }) {
  return html`<${Panel} title="Columns"><${ScrollingTable} label="Columns">
    <thead><tr><th>name</th><th>kind</th><th class="number">missing in train</th><th>taken where missing</th></tr></thead>
    <tbody>${columns.slice(0, 200).map((one) => html`<tr><td>${one.name}</td><td>${one.kind}</td><td class="number">${number(one.missing)}</td>
      <td>${typeof one.fill === "number" ? number(one.fill) : one.fill ?? "–"}</td></tr>`)}</tbody></${ScrollingTable}>
    ${columns.length > 200 && html`<p class="quiet">and ${number(columns.length - 200)} more columns</p>`}
  </${Panel}>`;
}
