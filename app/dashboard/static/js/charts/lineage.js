/** A population over its epochs: a bar for each trial, and a line from where an heir goes on. */
import { colour } from "../theme.js";
import { axisOptions } from "./axes.js";

/** @typedef {import("../types.js").Trial} Trial */

/** Where a trial's own epochs begin. @param {Trial} trial */
function beginning({ lineage }) {
  return lineage.at(-1)?.to_epoch ?? 0;
}

/** @param {readonly Trial[]} trials */
export function lineageOptions(trials) {
  const colours = /** @type {Record<string, string>} */ ({ completed: colour("good"), pruned: colour("warn"), diverged: colour("bad"), failed: colour("bad") });
  const bars = trials.filter((one) => one.epochs > beginning(one));
  return {
    tooltip: { trigger: "item", formatter: (/** @type {any} */ { data }) => data.text },
    xAxis: { ...axisOptions({ name: "epoch", scale: "linear" }, "x"), scale: false, minInterval: 1 },
    yAxis: { ...axisOptions({ name: "trial", scale: "linear" }, "y"), inverse: true, minInterval: 1 },
    series: [
      { type: "lines", coordinateSystem: "cartesian2d", silent: true, lineStyle: { color: colour("quiet"), width: 1, opacity: 0.7 },
        data: trials.filter((one) => one.lineage.length).map((one) => {
          const parent = one.lineage[one.lineage.length - 1];
          return { coords: [[parent.to_epoch, parent.trial], [parent.to_epoch, one.number]] };
        }) },
      { type: "lines", coordinateSystem: "cartesian2d", lineStyle: { width: 4, opacity: 0.9 },
        data: bars.map((one) => ({ coords: [[beginning(one), one.number], [one.epochs, one.number]], lineStyle: { color: colours[one.state] ?? colour("accent") },
          number: one.number, text: `trial ${one.number}, ${one.state}\nepochs ${beginning(one) + 1} to ${one.epochs}` })) },
      // Lines alone give axes no range.
      { type: "scatter", silent: true, symbolSize: 0, data: bars.flatMap((one) => [[beginning(one), one.number], [one.epochs, one.number]]) },
    ],
  };
}

/** @param {readonly Trial[]} trials */
export function lineageNumbers(trials) {
  return { columns: ["trial", "state", "goes_on_from", "after_epoch", "epochs", "value"],
    rows: trials.map((one) => [one.number, one.state, one.lineage.at(-1)?.trial ?? null, beginning(one), one.epochs, one.value]) };
}
