/** All data sets: what each predicts, its size, and the way to upload another. */
import { html } from "htm/preact";
import { get } from "../../api.js";
import { moment, number } from "../../format.js";
import { useLive } from "../../live.js";
import { adjust, href } from "../../router.js";
import { Waiting } from "../../components/notice.js";
import { ScrollingTable } from "../../components/table.js";

/** @typedef {import("../../types.js").Schemas["DatasetSummary"]} Dataset */

/** @param {{ query: URLSearchParams }} props */
export function Datasets({ query }) {
  const cursor = query.get("cursor");
  const loaded = useLive(
    (signal) => /** @type {Promise<{ items: Dataset[], next: string | null }>} */ (get("v1/datasets", { limit: 50, cursor }, signal)),
    [cursor],
    ({ kind }) => kind === "dataset",
  );
  const page = loaded.value;
  return html`
    <div class="head"><h1>Data sets</h1><a class="button main" href=${href(["datasets", "upload"])}>Upload a table</a></div>
    ${!page
      ? html`<${Waiting} of=${loaded} />`
      : html`<${ScrollingTable} label="Table of data sets">
          <thead><tr><th>name</th><th>predicts</th><th>task</th><th class="number">rows of train</th><th class="number">of dev</th><th class="number">of test</th>
            <th class="number">inputs</th><th>stored</th></tr></thead>
          <tbody>${page.items.map((one) => html`<${Row} key=${one.name} dataset=${one} />`)}</tbody></${ScrollingTable}>
        <div class="row">${cursor && html`<button type="button" onClick=${() => adjust({ cursor: null })}>First page</button>`}
          ${page.next && html`<button type="button" onClick=${() => adjust({ cursor: page.next })}>Next page</button>`}</div>`}`;
}

/** @param {{ dataset: Dataset }} props */
function Row({ dataset }) {
  const { train, dev, test } = /** @type {Record<string, number>} */ (dataset.rows);
  return html`<tr><td><a href=${href(["datasets", dataset.name])}>${dataset.name}</a></td>
    <td>${String(dataset.card.target ?? "")}</td><td>${dataset.task}</td>
    <td class="number">${number(train)}</td><td class="number">${number(dev)}</td><td class="number">${number(test)}</td>
    <td class="number">${number(dataset.features)}</td><td>${dataset.builtin ? "built in" : moment(dataset.created_at)}</td></tr>`;
}
