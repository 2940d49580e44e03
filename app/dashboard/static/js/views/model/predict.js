/** A form that predicts: a field for each column that the model was trained on, and what it answers. */
import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { get, send } from "../../api.js";
import { number, percent } from "../../format.js";
import { useLive } from "../../live.js";
import { ErrorNotice, Notice, Waiting } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { ScrollingTable } from "../../components/table.js";
import { isNumeric, rowOf, usualRow } from "./row.js";

/** @typedef {import("./row.js").Column} Column */
/** @typedef {import("../../types.js").Schemas["PredictedRows"]} PredictedRows */

/** Of more columns the row is typed as JSON. */
const MOST_FIELDS = 120;
const MOST_CLASSES = 20;

/** @param {{ path: string, query?: import("../../api.js").Query }} props where the model is */
export function Predict({ path, query = {} }) {
  const loaded = useLive(
    (signal) => /** @type {Promise<{ data: { columns: Column[], target: string } }>} */ (get(`${path}/model`, { ...query, format: "json" }, signal)),
    [path, JSON.stringify(query)],
  );
  const data = loaded.value?.data;
  return html`<${Panel} title="Predict">
    ${data ? html`<${Form} key=${path} columns=${data.columns} target=${data.target} path=${path} query=${query} />` : html`<${Waiting} of=${loaded} />`}
  </${Panel}>`;
}

/** @param {{ columns: Column[], target: string, path: string, query: import("../../api.js").Query }} props */
function Form({ columns, target, path, query }) {
  const [texts, setTexts] = useState(() => usualRow(columns));
  const [json, setJson] = useState(() => JSON.stringify(rowOf(columns, usualRow(columns)), null, 1));
  const [said, setSaid] = useState(/** @type {{ answer?: PredictedRows, error?: Error }} */ ({}));
  const typed = columns.length > MOST_FIELDS;
  const predict = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    try {
      const row = typed ? JSON.parse(json) : rowOf(columns, texts);
      setSaid({ answer: await send("POST", `${path}/predict`, { rows: [row] }, query) });
    } catch (error) {
      setSaid({ error: /** @type {Error} */ (error) });
    }
  };
  return html`<form class="stack" onSubmit=${predict}>
    <p class="quiet">${typed ? "A row as JSON" : "One field for each column of training"}; at first the median of each, or its first word. What is left empty counts as missing.</p>
    ${typed
      ? html`<label>row<textarea rows="12" value=${json} onInput=${(/** @type {any} */ event) => setJson(event.target.value)}></textarea></label>`
      : html`<div class="fields">${columns.map((one) => html`<${Field} key=${one.name} column=${one} text=${texts[one.name]}
          change=${(/** @type {string} */ text) => setTexts({ ...texts, [one.name]: text })} />`)}</div>`}
    <div class="row"><button class="main">Predict ${target}</button></div>
    <${ErrorNotice} error=${said.error ?? null} />
    ${said.answer && html`<${Answer} answer=${said.answer} target=${target} />`}
  </form>`;
}

/** @param {{ column: Column, text: string, change: (text: string) => void }} props */
function Field({ column, text, change }) {
  const typed = (/** @type {any} */ event) => change(event.target.value);
  return html`<label>${column.name}
    ${column.categories
      ? html`<select value=${text} onChange=${typed}>${column.categories.map((one) => html`<option>${one}</option>`)}<option value="">(missing)</option></select>`
      : isNumeric(column)
        ? html`<input type="number" step="any" value=${text} onInput=${typed} />`
        : html`<input value=${text} placeholder=${column.reading?.as ?? ""} onInput=${typed} />`}
  </label>`;
}

/** @param {{ answer: PredictedRows, target: string }} props */
function Answer({ answer, target }) {
  const [{ prediction, probabilities }] = answer.items;
  const likely = Object.entries(probabilities ?? {}).sort(([, one], [, other]) => other - one);
  return html`<div class="stack" role="status">
    <p>${target}: <strong>${typeof prediction === "number" ? number(prediction) : prediction}</strong></p>
    ${likely.length > 0 && html`<${ScrollingTable} label="Probabilities"><caption>Probabilities${likely.length > MOST_CLASSES ? `, the ${MOST_CLASSES} largest of ${likely.length}` : ""}</caption>
      <tbody>${likely.slice(0, MOST_CLASSES).map(([name, one]) => html`<tr><th scope="row">${name}</th>
        <td><progress max="1" value=${one} aria-label=${`probability of ${name}`}></progress></td><td class="number">${percent(one)}</td></tr>`)}</tbody></${ScrollingTable}>`}
    ${answer.notes.map((one) => html`<${Notice}>${one.detail}</${Notice}>`)}
  </div>`;
}
