/** Numbers and times as people read them, each with its unit. */

const WHOLE = new Intl.NumberFormat("en");

/** A number with four digits that count, or as many as tell it from one; what is missing is a dash. @param {number | null | undefined} value */
export function number(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return WHOLE.format(value);
  const size = Math.abs(value);
  if (size > 0.999 && size < 1) return String(Number(value.toFixed(Math.min(15, 1 - Math.floor(Math.log10(1 - size))))));
  if (size >= 1e-4 && size < 1e6) return String(Number(value.toPrecision(4)));
  return value.toExponential(2).replace("e+", "e");
}

/** Any value of a hyperparameter. @param {unknown} value */
export function shown(value) {
  if (typeof value === "number") return number(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A name that a line may end within after each of its underlines, as people would end it. @param {string} name */
export function breakable(name) {
  return name.replaceAll("_", "_\u200b");
}

/** A time span. @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${Number(seconds.toPrecision(2))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

/** A size in bytes. @param {number | null | undefined} bytes */
export function size(bytes) {
  if (bytes === null || bytes === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1024 ** power).toPrecision(3))} ${units[power]}`;
}

/** A share. @param {number | null | undefined} share */
export function percent(share) {
  return share === null || share === undefined ? "–" : `${Number((share * 100).toPrecision(3))} %`;
}

/** The range of a share, in whole percents: its ends are known no better. @param {number} low @param {number} high */
export function percents(low, high) {
  return `${Math.round(low * 100)} % to ${Math.round(high * 100)} %`;
}

/** A moment, in the reader's time zone. @param {string | null | undefined} moment ISO 8601 */
export function moment(moment) {
  return moment ? new Date(moment).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" }) : "–";
}

/** How long ago a moment was. @param {string | null | undefined} moment @param {number} now milliseconds */
export function ago(moment, now) {
  if (!moment) return "–";
  const seconds = Math.max(0, (now - Date.parse(moment)) / 1000);
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}
