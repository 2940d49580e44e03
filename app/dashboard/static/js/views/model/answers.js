/** What a model answers on dev or test: a confusion matrix with ROC curves and calibration, or residuals. */
import { html } from "htm/preact";
import { useMemo } from "preact/hooks";
import { get } from "../../api.js";
import { number } from "../../format.js";
import { useLive } from "../../live.js";
import { adjust, route } from "../../router.js";
import { Chart } from "../../charts/chart.js";
import * as charts from "../../charts/answers.js";
import { Waiting } from "../../components/notice.js";
import { Panel } from "../../components/panel.js";

/** @typedef {import("../../types.js").Schemas["PartAnswers"]} PartAnswers */

/**
 * @param {{ path: string, query?: import("../../api.js").Query, parts: readonly string[], table?: (part: string) => URL }} props
 * where the model is, the parts it may be asked for, and where each of its answers to a part is a row
 */
export function Answers({ path, query = {}, parts, table }) {
  const asked = route.value.query.get("part");
  const part = parts.find((one) => one === asked) ?? parts[0];
  const loaded = useLive(
    (signal) => /** @type {Promise<PartAnswers>} */ (get(`${path}/answers`, { ...query, part }, signal)),
    [path, JSON.stringify(query), part],
  );
  const found = loaded.value;
  const tools = parts.length > 1 && html`<label class="row">part<select value=${part} onChange=${(/** @type {any} */ event) => adjust({ part: event.target.value })}>
    ${parts.map((one) => html`<option>${one}</option>`)}</select></label>`;
  return html`<${Panel} title="What it answers" tools=${tools}>
    ${found && !loaded.error
      ? html`<p class="quiet">${number(found.rows)} rows of ${found.part}, which no weight learnt from.${
          table && html` <a download href=${table(found.part).href}>Each of them with its prediction (CSV)</a>`}</p>
        ${found.classes ? html`<${Classes} found=${found.classes} />` : found.numbers && html`<${Residuals} found=${found.numbers} />`}`
      : html`<${Waiting} of=${loaded} />`}
  </${Panel}>`;
}

/** @param {{ found: NonNullable<PartAnswers["classes"]> }} props */
function Classes({ found }) {
  const { confusion, roc, calibration, calibrated } = found;
  const whose = calibrated ?? "the class answered";
  const options = useMemo(
    () => ({ confusion: charts.confusionOptions(confusion), roc: charts.rocOptions(roc), calibration: charts.calibrationOptions(calibration, whose) }),
    [found],
  );
  const areas = roc.map((one) => one.area);
  return html`<div class="grid">
    <div class="stack"><h3>Confusion</h3>
      ${confusion.more_classes > 0 && html`<p class="quiet">The ${confusion.classes.length} classes with the most wrong answers; ${number(confusion.more_classes)} more are left out.</p>`}
      <${Chart} title="Confusion matrix" options=${options.confusion} height=${380} numbers=${() => charts.confusionNumbers(confusion)}
        summary=${`${confusion.classes.length} classes: rows are the class that is there, columns the class answered.`} /></div>
    ${roc.length > 0 && html`<div class="stack"><h3>ROC curves</h3>
      <${Chart} title="ROC curves" options=${options.roc} height=${380} numbers=${() => charts.rocNumbers(roc)}
        summary=${`${roc.length} ${roc.length > 1 ? "classes against the rest" : "class against the other"}, area from ${number(Math.min(...areas))} to ${number(Math.max(...areas))}.`} /></div>`}
    <div class="stack"><h3>Calibration</h3>
      <${Chart} title="Calibration" options=${options.calibration} height=${380} numbers=${() => charts.calibrationNumbers(calibration)}
        summary=${`The probability of ${whose} against the share that came true, in ten bins; larger points have more rows.`} /></div>
  </div>`;
}

/** @param {{ found: NonNullable<PartAnswers["numbers"]> }} props */
function Residuals({ found }) {
  const options = useMemo(() => ({ predicted: charts.predictedOptions(found), residuals: charts.residualOptions(found) }), [found]);
  return html`<div class="grid">
    <div class="stack"><h3>Predicted and actual</h3>
      <${Chart} title="Predicted and actual" options=${options.predicted} height=${360} numbers=${() => charts.predictedNumbers(found)}
        summary=${`${found.actual.length} rows; on the diagonal they are equal.`} /></div>
    <div class="stack"><h3>Residuals</h3>
      <${Chart} title="Residuals" options=${options.residuals} height=${360} numbers=${() => charts.residualNumbers(found)}
        summary=${`A histogram from ${number(found.edges[0])} to ${number(found.edges[found.edges.length - 1])}.`} /></div>
  </div>`;
}
