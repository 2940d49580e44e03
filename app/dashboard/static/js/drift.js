/** Whether the parts of a data set differ so much that what is best on dev may not be best elsewhere. */

/** @typedef {import("./types.js").Schemas["DatasetSummary"]} Dataset */

/** The warnings of a card. @param {Pick<Dataset, "card">} dataset @returns {string[]} */
export function warningsOf({ card }) {
  return /** @type {any} */ (card).drift?.warnings ?? [];
}

/** The content of those data sets whose parts differ, by their hashes. @param {readonly Pick<Dataset, "sha256" | "card">[]} datasets */
export function drifted(datasets) {
  return new Set(datasets.filter((one) => warningsOf(one).length).map((one) => one.sha256));
}
