/** Upload of a table: what it would become is shown before anything is stored. */
import { html } from "htm/preact";
import { useRef, useState } from "preact/hooks";
import { send } from "../../api.js";
import { number } from "../../format.js";
import { go } from "../../router.js";
import { ErrorNotice } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { CardParts, PreviewColumns } from "./card.js";

/** @typedef {import("../../types.js").Schemas["DatasetPreview"]} Preview */

/** The form of an upload, with its preview. */
export function Upload() {
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const [preview, setPreview] = useState(/** @type {Preview | null} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const [busy, setBusy] = useState("");
  const ask = async (/** @type {"preview" | "upload"} */ what) => {
    const fields = filled(/** @type {HTMLFormElement} */ (form.current));
    setBusy(what);
    setError(null);
    try {
      if (what === "preview") setPreview(await send("POST", "v1/datasets/preview", fields));
      else go(["datasets", /** @type {any} */ (await send("POST", "v1/datasets", fields)).name]);
    } catch (caught) {
      setPreview(null);
      setError(/** @type {Error} */ (caught));
    }
    setBusy("");
  };
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    ask(preview ? "upload" : "preview");
  };
  return html`
    <h1>Upload a table</h1>
    <form class="stack" ref=${form} onSubmit=${submit} onInput=${() => setPreview(null)}>
      <${Fields} columns=${preview ? [preview.target.name, ...preview.columns.map((one) => one.name)] : []} />
      <div class="row">
        <button class=${preview ? "" : "main"} type="button" disabled=${busy !== ""} onClick=${() => form.current?.reportValidity() && ask("preview")}>
          ${busy === "preview" ? "Reading …" : "Show what it would become"}</button>
        ${preview && html`<button class="main" disabled=${busy !== ""}>${busy === "upload" ? "Storing …" : "Store it"}</button>`}
      </div>
    </form>
    <${ErrorNotice} error=${error} />
    ${preview && html`<${Shown} preview=${preview} />`}`;
}

/** The fields that were filled in. @param {HTMLFormElement} form */
function filled(form) {
  const fields = new FormData(form);
  for (const [name, value] of [...fields]) {
    if (value === "" || (value instanceof File && !value.size)) fields.delete(name);
  }
  return fields;
}

/** @param {{ columns: string[] }} props */
function Fields({ columns }) {
  return html`<${Panel} title="The files">
    <div class="grid">
      <label>Table<input type="file" name="file" required accept=".csv,.tsv,.txt,.gz,.npz,.parquet" />
        <span class="hint">CSV, TSV or other text, also .gz, NPZ or Parquet</span></label>
      <label>Column to predict<input name="target" list="columns" autocomplete="off" /><span class="hint">NPZ files name it themselves</span></label>
      <label>Name<input name="name" autocomplete="off" /><span class="hint">for sweeps to refer to; needed to store it</span></label>
    </div>
    <datalist id="columns">${columns.map((one) => html`<option value=${one}></option>`)}</datalist>
    <details><summary>A dev and a test part of their own, and how the table is read</summary>
      <div class="grid">
        <label>Dev part<input type="file" name="dev_file" /></label>
        <label>Test part<input type="file" name="test_file" /></label>
        <label>Task<select name="task"><option value="">as the target suggests</option><option>binary</option><option>multiclass</option><option>regression</option></select></label>
        <label>Rows that stay together<input name="group" list="columns" /><span class="hint">a column such as patient: its rows come into one part</span></label>
        <label>Rows in order<input name="order" list="columns" /><span class="hint">a column such as date: dev and test come after train</span></label>
        <label>Split<input name="split" placeholder="0.7,0.15,0.15" /><span class="hint">shares of train, dev and test</span></label>
        <label>Seed of the split<input type="number" name="split_seed" min="0" /></label>
      </div></details>
  </${Panel}>`;
}

/** @param {{ preview: Preview }} props */
function Shown({ preview }) {
  const rows = Object.values(preview.rows).reduce((sum, one) => sum + one, 0);
  return html`
    <${Panel} title="What it would become">
      <p>Predicts <strong>${preview.target.name}</strong> (${preview.task}) from ${number(preview.columns.length + preview.more_columns)} columns,
        which are ${number(preview.features)} inputs of a network; ${number(rows)} rows. Nothing is stored yet.</p>
      <${PreviewColumns} columns=${preview.columns} rows=${rows} more=${preview.more_columns} />
    </${Panel}>
    <${CardParts} card=${{ ...preview.card, notes: preview.notes }} rows=${preview.rows} />`;
}
