/** Addresses of views: everything that a view shows is in the part after `#`, so that it can be sent to a colleague. */
import { signal } from "@preact/signals";

/** @typedef {{ path: string[], query: URLSearchParams }} Route */

/** @param {string} hash @returns {Route} */
export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
}

/**
 * The address of a view.
 * @param {readonly (string | number)[]} path
 * @param {URLSearchParams | Record<string, string | number | readonly string[] | null | undefined>} [query]
 */
export function href(path, query = {}) {
  const asked = query instanceof URLSearchParams ? query : toQuery(query);
  const text = asked.toString();
  return `#/${path.map((part) => encodeURIComponent(part)).join("/")}${text ? `?${text}` : ""}`;
}

/** @param {Record<string, string | number | readonly string[] | null | undefined>} values */
function toQuery(values) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  return query;
}

/** Where the reader is. */
export const route = signal(parse(globalThis.location?.hash ?? ""));

globalThis.addEventListener?.("hashchange", () => (route.value = parse(location.hash)));

/** Go to a view. @param {readonly (string | number)[]} path @param {Parameters<typeof href>[1]} [query] */
export function go(path, query) {
  location.hash = href(path, query);
}

/**
 * Change the query of this view, without a new step in the history: null takes a name away.
 * @param {Record<string, string | readonly string[] | null>} changes
 */
export function adjust(changes) {
  const query = new URLSearchParams(route.value.query);
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const one of value === null ? [] : Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  history.replaceState(null, "", href(route.value.path, query));
  route.value = parse(location.hash);
}
