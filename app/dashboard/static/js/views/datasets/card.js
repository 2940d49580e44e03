/** What a card tells of a data set: its columns, how it was split, where its parts differ, and what was guessed. */
import { html } from "htm/preact";
import { number, percent } from "../../format.js";
import { Notice } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";
import { ScrollingTable } from "../../components/table.js";

/** @param {{ card: any, rows: Record<string, number> }} props */
export function CardParts({ card, rows }) {
  return html`
    <${Notes} notes=${card.notes ?? []} drift=${card.drift} />
    <div class="grid"><${Split} card=${card} rows=${rows} /><${Drift} drift=${card.drift} /></div>`;
}

/** @param {{ notes: { code: string, detail: string }[], drift: any }} props */
function Notes({ notes, drift }) {
  const warnings = drift?.warnings ?? [];
  return html`${notes.map((one) => html`<${Notice}>${one.detail}</${Notice}>`)}
    ${warnings.map((/** @type {any} */ one) => html`<${Notice} kind="warn">${typeof one === "string" ? one : one.detail}</${Notice}>`)}`;
}

/** @param {{ card: any, rows: Record<string, number> }} props */
function Split({ card, rows }) {
  const parts = Object.keys(rows);
  const classes = card.classes ?? [];
  return html`<${Panel} title="Split">
    <${ScrollingTable} label="Table of parts"><caption>${card.split ? `seed ${card.split.seed}${card.split.group ? `, rows with the same ${card.split.group} together` : ""}${card.split.order ? `, in the order of ${card.split.order}` : ""}` : "as it was sent"}</caption>
      <thead><tr><th>part</th><th class="number">rows</th>${classes.map((/** @type {any} */ one) => html`<th class="number">${String(one)}</th>`)}</tr></thead>
      <tbody>${parts.map((part) => html`<tr><th scope="row">${part}</th><td class="number">${number(rows[part])}</td>
        ${classes.map((/** @type {any} */ _, /** @type {number} */ place) => html`<td class="number">${number(card.class_counts?.[part]?.[place])}</td>`)}</tr>`)}</tbody></${ScrollingTable}>
  </${Panel}>`;
}

/** @param {{ drift: any }} props */
function Drift({ drift }) {
  const columns = drift?.columns ?? [];
  return html`<${Panel} title="Drift between the parts">
    <p class="quiet">How differently a column is spread in two parts, from 0 (the same) to 1. A small p says that chance does not explain it.</p>
    <${ScrollingTable} label="Table of drifts"><thead><tr><th>column</th><th>parts</th><th class="number">difference</th><th class="number">p</th></tr></thead>
      <tbody>${columns.slice(0, 12).map((/** @type {any} */ one) => html`<tr><td>${one.column}</td><td>${one.parts.join(" and ")}</td>
        <td class="number">${number(one.value)}</td><td class="number">${number(one.p_value)}</td></tr>`)}</tbody></${ScrollingTable}>
    ${columns.length > 12 && html`<p class="quiet">${columns.length - 12} more columns differ less.</p>`}
  </${Panel}>`;
}

/** The columns of a preview, with examples. @param {{ columns: any[], rows: number, more: number }} props */
export function PreviewColumns({ columns, rows, more }) {
  return html`<${ScrollingTable} label="Columns">
    <thead><tr><th>column</th><th>read as</th><th class="number">missing</th><th>range or values</th><th>examples</th></tr></thead>
    <tbody>${columns.map((one) => html`<tr><td>${one.name}</td><td>${one.kind}</td><td class="number">${percent(one.missing / rows)}</td>
      <td>${one.low !== null ? `${number(one.low)} to ${number(one.high)}` : one.different !== null ? `${number(one.different)} different` : "–"}</td>
      <td>${one.examples.slice(0, 5).map((/** @type {unknown} */ example) => html`<code>${String(example)}</code> `)}</td></tr>`)}</tbody></${ScrollingTable}>
    ${more > 0 && html`<p class="quiet">and ${number(more)} more columns</p>`}`;
}
