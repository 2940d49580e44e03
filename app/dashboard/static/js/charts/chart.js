/** A chart: ECharts in the colours of the page, with its picture and its numbers to take away. */
import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { dark, colour } from "../theme.js";
import { Canvas } from "./canvas.js";
import { download, downloadCsv } from "./download.js";

/** @typedef {import("echarts").ECharts} Drawn */

/**
 * @param {{
 *   title: string,
 *   summary: string,
 *   options: Record<string, any>,
 *   numbers: () => import("./download.js").Numbers,
 *   height?: number,
 *   on?: Record<string, (event: any) => void>,
 *   drawn?: (chart: Drawn, anew: boolean) => void,
 *   state?: unknown,
 * }} props `summary` is what a screen reader says of it; `options` are those of ECharts without colours of the frame; `drawn` is
 *   called when they are shown (`anew`), and when `state` is another one.
 */
export function Chart({ title, summary, options, numbers, height = 320, on = {}, drawn: whenDrawn, state }) {
  const place = useRef(/** @type {HTMLDivElement | null} */ (null));
  const canvas = useRef(/** @type {Canvas | null} */ (null));
  const handlers = useRef(on);
  handlers.current = on;
  const [drawn, setDrawn] = useState(/** @type {Drawn | null} */ (null));
  useEffect(() => {
    const listeners = Object.fromEntries(Object.keys(on).map((name) => [name, (/** @type {any} */ event) => handlers.current[name]?.(event)]));
    const made = new Canvas(/** @type {HTMLDivElement} */ (place.current), listeners, () => setDrawn(made.chart));
    canvas.current = made;
    return () => made.end();
  }, []);
  const isDark = dark.value;
  useEffect(() => canvas.current?.forget(), [isDark]);
  useEffect(() => canvas.current?.draw({ options, all: () => merged(frame(), options), then: whenDrawn }), [options, isDark, state]);
  return html`<figure class="stack" style=${{ margin: 0 }}>
    <div class="chart" ref=${place} style=${{ height: `${height}px` }} role="img" aria-label=${`${title}. ${summary}`}></div>
    <figcaption class="row">
      <button type="button" class="small" onClick=${() => drawn && savePicture(title, drawn)} disabled=${!drawn}>
        PNG<span class="unseen"> of ${title}</span></button>
      <button type="button" class="small" onClick=${() => downloadCsv(fileName(title), numbers())}>
        CSV<span class="unseen"> of ${title}</span></button>
    </figcaption>
  </figure>`;
}

/** @param {string} title */
function fileName(title) {
  return title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
}

/** @param {string} title @param {Drawn} chart */
function savePicture(title, chart) {
  const ground = colour("surface");
  download(`${fileName(title)}.png`, chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: ground }));
}

/** The options of a chart over those that all share, one level deep. @param {Record<string, any>} shared @param {Record<string, any>} own */
function merged(shared, own) {
  const all = { ...shared, ...own };
  for (const name of ["tooltip", "legend", "xAxis", "yAxis"]) if (own[name]) all[name] = { ...shared[name], ...own[name] };
  for (const side of ["xAxis", "yAxis"]) if (own[side]) all[side].axisLabel = { ...shared[side].axisLabel, ...own[side].axisLabel };
  return all;
}

/** What all charts share. Tooltips are drawn, as HTML ones would need styles that the page's policy forbids. */
function frame() {
  const [text, quiet, line] = [colour("text"), colour("quiet"), colour("line")];
  const axis = { axisLine: { lineStyle: { color: quiet } }, splitLine: { lineStyle: { color: line } }, nameTextStyle: { color: quiet }, axisLabel: { color: quiet } };
  return {
    animation: false,
    textStyle: { color: text, fontFamily: getComputedStyle(document.body).fontFamily },
    color: [colour("accent"), colour("warn"), colour("good"), colour("bad"), quiet],
    grid: { left: 70, right: 24, top: 24, bottom: 48 },
    tooltip: { renderMode: "richText", backgroundColor: colour("surface"), borderColor: line, textStyle: { color: text } },
    legend: { show: false, textStyle: { color: text } },
    xAxis: axis,
    yAxis: axis,
  };
}
