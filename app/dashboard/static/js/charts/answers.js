/** What a model answers beside what is there: a confusion matrix, ROC curves, calibration, and residuals. */
import { number, percent } from "../format.js";
import { colour } from "../theme.js";
import { axisOptions } from "./axes.js";

/** @typedef {import("../types.js").Schemas["ClassAnswers"]} ClassAnswers */
/** @typedef {import("../types.js").Schemas["NumberAnswers"]} NumberAnswers */

const DASHES = ["solid", "dashed", "dotted"];
const COLOURS = 5;
/** With more classes than this the numbers do not fit into their cells. */
const MOST_WRITTEN = 25;

/** The line on which a chart's two axes are equal. @param {number} low @param {number} high */
function diagonal(low, high) {
  return { type: "line", name: "diagonal", silent: true, symbol: "none", color: colour("quiet"), lineStyle: { type: "dashed", width: 1 }, tooltip: { show: false },
    data: [[low, low], [high, high]] };
}

/** @param {ClassAnswers["confusion"]} confusion */
export function confusionOptions({ classes, counts }) {
  const [pale, strong, text, onStrong] = ["surface", "accent", "text", "on-accent"].map(colour);
  const sums = counts.map((row) => row.reduce((sum, one) => sum + one, 0));
  const data = counts.flatMap((row, there) =>
    row.map((count, answered) => {
      const share = count / (sums[there] || 1);
      return { value: [answered, there, share, count], label: { color: share > 0.5 ? onStrong : text } };
    }),
  );
  const labels = { width: 70, overflow: "truncate" };
  return {
    grid: { left: 110, right: 16, top: 12, bottom: 56 },
    tooltip: { trigger: "item", formatter: (/** @type {any} */ { value: [answered, there, share, count] }) =>
      `${number(count)} of ${number(sums[there])} of class ${classes[there]} (${percent(share)})\nanswered as ${classes[answered]}` },
    xAxis: withLabels(axisOptions({ name: "class answered", scale: "category", values: classes }, "x"), labels),
    yAxis: { ...withLabels(axisOptions({ name: "class that is there", scale: "category", values: classes }, "y"), labels), inverse: true, nameGap: 84 },
    visualMap: { show: false, dimension: 2, min: 0, max: 1, inRange: { color: [pale, strong] } },
    series: [{ type: "heatmap", data, itemStyle: { borderColor: colour("line"), borderWidth: 1 },
      label: { show: classes.length <= MOST_WRITTEN, formatter: (/** @type {any} */ { value }) => (value[3] ? number(value[3]) : "") } }],
  };
}

/** @param {Record<string, any>} axis @param {Record<string, unknown>} labels */
function withLabels(axis, labels) {
  return { ...axis, axisLabel: { ...axis.axisLabel, ...labels } };
}

/** @param {ClassAnswers["confusion"]} confusion */
export function confusionNumbers({ classes, counts }) {
  return { columns: ["class there \\ answered", ...classes], rows: counts.map((row, place) => [classes[place], ...row]) };
}

/** @param {ClassAnswers["roc"]} curves */
export function rocOptions(curves) {
  return {
    legend: { show: true, type: "scroll", top: 0, data: curves.map(rocName) },
    grid: { left: 70, right: 24, top: 40, bottom: 48 },
    tooltip: { trigger: "item", formatter: (/** @type {any} */ { seriesName, value }) =>
      `${seriesName}\n${percent(value[1])} of its own found\n${percent(value[0])} of others taken for it` },
    xAxis: { ...axisOptions({ name: "false positive rate", scale: "linear" }, "x"), min: 0, max: 1 },
    yAxis: { ...axisOptions({ name: "true positive rate", scale: "linear" }, "y"), min: 0, max: 1 },
    series: [
      ...curves.map((one, place) => ({ type: "line", name: rocName(one), showSymbol: false, triggerLineEvent: true,
        lineStyle: { type: DASHES[Math.floor(place / COLOURS) % DASHES.length] },
        data: one.false_positive_rate.map((rate, point) => [rate, one.true_positive_rate[point]]) })),
      diagonal(0, 1),
    ],
  };
}

/** @param {ClassAnswers["roc"][number]} curve */
function rocName({ name, area }) {
  return `${name}, area ${number(area)}`;
}

/** @param {ClassAnswers["roc"]} curves */
export function rocNumbers(curves) {
  return { columns: ["class", "area", "false_positive_rate", "true_positive_rate"],
    rows: curves.flatMap((one) => one.false_positive_rate.map((rate, point) => [one.name, one.area, rate, one.true_positive_rate[point]])) };
}

/** @param {ClassAnswers["calibration"]} bins @param {string} whose whose probability it is */
export function calibrationOptions(bins, whose) {
  const filled = bins.filter((one) => one.count);
  const most = Math.max(...filled.map((one) => one.count), 1);
  return {
    tooltip: { trigger: "item", formatter: (/** @type {any} */ { value }) =>
      `probability ${percent(value[0])} on average\ntrue in ${percent(value[1])}\nof ${number(value[2])} rows` },
    xAxis: { ...axisOptions({ name: `probability of ${whose}`, scale: "linear" }, "x"), min: 0, max: 1 },
    yAxis: { ...axisOptions({ name: "share that came true", scale: "linear" }, "y"), min: 0, max: 1 },
    series: [
      { type: "line", color: colour("accent"), symbol: "circle", symbolSize: (/** @type {number[]} */ value) => 6 + 18 * Math.sqrt(value[2] / most),
        itemStyle: { opacity: 0.75 }, data: filled.map((one) => [one.predicted, one.observed, one.count]) },
      diagonal(0, 1),
    ],
  };
}

/** @param {ClassAnswers["calibration"]} bins */
export function calibrationNumbers(bins) {
  return { columns: ["low", "high", "predicted", "observed", "count"], rows: bins.map((one) => [one.low, one.high, one.predicted, one.observed, one.count]) };
}

/** @param {NumberAnswers} numbers */
export function predictedOptions({ target, actual, predicted }) {
  const all = [...actual, ...predicted];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return {
    tooltip: { trigger: "item", formatter: (/** @type {any} */ { value }) => `${target} ${number(value[0])}\npredicted ${number(value[1])}` },
    xAxis: axisOptions({ name: `${target}, as it is`, scale: "linear" }, "x"),
    yAxis: axisOptions({ name: `${target}, predicted`, scale: "linear" }, "y"),
    series: [
      { type: "scatter", symbolSize: 6, color: colour("accent"), itemStyle: { opacity: 0.6 }, data: actual.map((value, row) => [value, predicted[row]]) },
      diagonal(low, high),
    ],
  };
}

/** @param {NumberAnswers} numbers */
export function predictedNumbers({ actual, predicted }) {
  return { columns: ["actual", "predicted"], rows: actual.map((value, row) => [value, predicted[row]]) };
}

/** @param {NumberAnswers} numbers */
export function residualOptions({ target, edges, counts }) {
  const middles = counts.map((_, place) => number((edges[place] + edges[place + 1]) / 2));
  return {
    tooltip: { trigger: "item", formatter: (/** @type {any} */ { dataIndex }) =>
      `${number(counts[dataIndex])} rows\nfrom ${number(edges[dataIndex])} to ${number(edges[dataIndex + 1])}` },
    xAxis: axisOptions({ name: `predicted less actual ${target}`, scale: "category", values: middles }, "x"),
    yAxis: { ...axisOptions({ name: "rows", scale: "linear" }, "y"), scale: false, minInterval: 1 },
    series: [{ type: "bar", barCategoryGap: "4%", color: colour("accent"), data: counts }],
  };
}

/** @param {NumberAnswers} numbers */
export function residualNumbers({ edges, counts }) {
  return { columns: ["from", "to", "rows"], rows: counts.map((count, place) => [edges[place], edges[place + 1], count]) };
}
