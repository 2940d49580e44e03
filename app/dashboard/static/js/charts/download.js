/** What a chart hands out: its picture, and its numbers as CSV. */

/** @typedef {{ columns: readonly string[], rows: readonly (readonly unknown[])[] }} Numbers */

/** Numbers as CSV after RFC 4180; text that a spreadsheet would run as a formula is quoted. @param {Numbers} numbers */
export function toCsv({ columns, rows }) {
  return [columns, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** @param {unknown} value */
function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Hand a file to the reader. @param {string} name @param {string} url an address of the page's own */
export function download(name, url) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}

/** @param {string} name @param {Numbers} numbers */
export function downloadCsv(name, numbers) {
  const url = URL.createObjectURL(new Blob([toCsv(numbers)], { type: "text/csv" }));
  download(`${name}.csv`, url);
  URL.revokeObjectURL(url);
}
