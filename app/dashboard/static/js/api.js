/** Requests to the API of the server that the page came from. Errors carry the sentences of the server. */

import { signal } from "@preact/signals";

/** @typedef {{ pointer: string, detail: string }} Fault */

/** How many requests were refused because nothing can be stored now, or the server has too much to do. */
export const refusals = signal(0);

/** What the server answered to a request that it could not do. */
export class Problem extends Error {
  /** @param {number} status @param {string} detail @param {Fault[]} faults */
  constructor(status, detail, faults = []) {
    super(detail);
    this.status = status;
    this.faults = faults;
  }

  /** What is said of the whole, and of each broken rule that this does not say itself. */
  get sentences() {
    return [this.message, ...this.faults.map((fault) => fault.detail).filter((detail) => detail !== this.message)];
  }
}

/** @typedef {Record<string, string | number | boolean | readonly (string | number)[] | null | undefined>} Query */

/** The address of a route. @param {string} path such as "v1/sweeps" @param {Query} [query] */
export function address(path, query = {}) {
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(one));
  }
  return url;
}

/**
 * Read what a route answers. Throws Problem, and AbortError once `signal` aborts.
 * @template T
 * @param {string} path @param {Query} [query] @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export function get(path, query, signal) {
  return request(address(path, query), { signal });
}

/**
 * Send JSON, or a form, to a route. Throws Problem.
 * @template T
 * @param {"POST" | "PATCH" | "PUT" | "DELETE"} method @param {string} path @param {unknown} [body] @param {Query} [query]
 * @returns {Promise<T>}
 */
export function send(method, path, body, query) {
  const isForm = body instanceof FormData;
  const headers = body === undefined || isForm ? undefined : { "Content-Type": "application/json" };
  return request(address(path, query), { method, headers, body: isForm ? body : JSON.stringify(body) });
}

/** @param {URL} url @param {RequestInit} options @returns {Promise<any>} */
async function request(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Problem(0, "The server does not answer. Is it still running?");
  }
  const text = await response.text();
  // Somebody revoked the key, or the session ended: the page begins anew, with the login.
  if (response.status === 401 && !url.pathname.endsWith("/v1/session")) location.reload();
  if ([503, 507].includes(response.status) && !url.pathname.endsWith("/readyz")) refusals.value += 1;
  if (!response.ok) throw problemOf(response.status, text);
  return text ? JSON.parse(text) : null;
}

/** @param {number} status @param {string} text */
export function problemOf(status, text) {
  try {
    const { detail, errors } = JSON.parse(text);
    return new Problem(status, detail, errors);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return new Problem(status, `The server answered with status ${status}.`); // a proxy between us, not our server
  }
}
