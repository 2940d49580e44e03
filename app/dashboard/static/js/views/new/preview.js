/** What a space would draw: a histogram for each parameter on its own scale, and what its networks cost. */
import { html } from "htm/preact";
import { useMemo } from "preact/hooks";
import { number, percent, shown } from "../../format.js";
import { colour } from "../../theme.js";
import { axisOptions } from "../../charts/axes.js";
import { Chart } from "../../charts/chart.js";
import { Panel } from "../../components/panel.js";

/** @typedef {import("../../types.js").Schemas["SpacePreview"]} SpacePreview */

/** @param {{ preview: SpacePreview }} props */
export function Preview({ preview }) {
  const told = /** @type {Record<string, any>} */ (preview);
  return html`<${Panel} title="What would be drawn">
    <p class="quiet">${number(told.points)} points by the sampler ${told.sampler}${told.rejected ? `; ${percent(told.rejected)} of the space is ruled out by constraints` : ""}.</p>
    <div class="grid">${Object.entries(told.parameters).map(([name, about]) => html`<${Histogram} key=${name} name=${name} about=${about} />`)}</div>
  </${Panel}>`;
}

/** @param {{ name: string, about: any }} props */
function Histogram({ name, about }) {
  const names = about.bins.map((/** @type {any} */ bin) => label(bin));
  const options = useMemo(
    () => ({
      xAxis: axisOptions({ name, scale: "category", values: names }, "x"),
      yAxis: axisOptions({ name: "points", scale: "linear" }, "y"),
      series: [{ type: "bar", color: colour("accent"), barCategoryGap: "8%", data: about.bins.map((/** @type {any} */ bin) => bin.count) }],
    }),
    [about],
  );
  return html`<div class="stack"><h3>${name}</h3>
    ${about.active < 1 && html`<p class="quiet">drawn in ${percent(about.active)} of the points: elsewhere its condition leaves it out</p>`}
    <${Chart} title=${`Draws of ${name}`} options=${options} height=${200} summary=${`${about.bins.length} bins, scale ${about.scale ?? "none"}.`}
      numbers=${() => ({ columns: ["from", "to", "points"], rows: about.bins.map((/** @type {any} */ bin) => [bin.low, bin.high, bin.count]) })} /></div>`;
}

/** @param {{ low: unknown, high: unknown }} bin */
function label({ low, high }) {
  return JSON.stringify(low) === JSON.stringify(high) ? shown(low) : `${shown(low)} to ${shown(high)}`;
}
