/** A row to predict: the fields of a model's columns, and what was typed into them as the API takes it. */

/**
 * @typedef {object} Column a column of a model's card
 * @property {string} name
 * @property {string} kind numeric or categorical
 * @property {number} [fill] the median of training
 * @property {readonly string[]} [categories]
 * @property {{ as?: string } | null} [reading] how the texts of a column are read that does not hold plain numbers
 */

/** Whether a column takes plain numbers. @param {Column} column */
export function isNumeric({ kind, reading }) {
  return kind === "numeric" && (reading?.as ?? "numbers") === "numbers";
}

/** What the fields hold at first: the median, or the first word. @param {readonly Column[]} columns @returns {Record<string, string>} */
export function usualRow(columns) {
  return Object.fromEntries(columns.map((one) => [one.name, one.categories ? one.categories[0] ?? "" : isNumeric(one) && one.fill !== undefined ? String(one.fill) : ""]));
}

/** The row that fields mean; an empty one is a missing value. @param {readonly Column[]} columns @param {Record<string, string>} texts */
export function rowOf(columns, texts) {
  return Object.fromEntries(
    columns.map((one) => {
      const text = texts[one.name] ?? "";
      return [one.name, text === "" ? null : isNumeric(one) ? Number(text) : text];
    }),
  );
}
