/** Who goes on from whom, and with which hyperparameters others than before. */

/** @typedef {import("./types.js").Trial} Trial */
/** @typedef {{ name: string, before: unknown, after: unknown }} Change */
/** @typedef {{ from: number, epoch: number, changes: Change[] }} Step a trial was left at the end of an epoch, for others knobs */

/** The steps that led to a trial, the first one first. @param {Pick<Trial, "lineage" | "params">} trial @returns {Step[]} */
export function steps({ lineage, params }) {
  return lineage.map((one, place) => ({ from: one.trial, epoch: one.to_epoch, changes: changes(one.params, lineage[place + 1]?.params ?? params) }));
}

/** @param {Record<string, unknown>} before @param {Record<string, unknown>} after @returns {Change[]} */
export function changes(before, after) {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => ({ name, before: before[name], after: after[name] }));
}
