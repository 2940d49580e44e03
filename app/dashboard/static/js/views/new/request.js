/** The request of a new sweep: one object, which the form and the JSON beside it both show and change. */

/** @typedef {Record<string, any>} Request */

/** What a new sweep begins with: a first look at the learning rate on a log scale. @param {string} dataset @returns {Request} */
export function firstRequest(dataset) {
  return {
    name: "",
    dataset,
    space: {
      learning_rate: { kind: "float", low: 1e-4, high: 1, scale: "log" },
      hidden_units: { kind: "choice", values: [[32], [64], [64, 32]] },
    },
    fixed: { epochs: 20 },
    sampler: { kind: "random" },
    scheduler: { kind: "none" },
    budget: { trials: 32 },
  };
}

/** A request with one of its fields changed; empty values leave the field out. @param {Request} request @param {string} name @param {unknown} value */
export function changed(request, name, value) {
  const { [name]: _, ...rest } = request;
  const empty = value === null || value === undefined || value === "" || (typeof value === "object" && !Object.keys(value).length);
  return empty ? rest : { ...rest, [name]: value };
}

/** A request with another entry in its space, in the place of the old one. @param {Request} request @param {string} name @param {string | null} next @param {any} about */
export function withParameter(request, name, next, about) {
  const entries = Object.entries(request.space ?? {});
  const place = entries.findIndex(([one]) => one === name);
  const added = next === null ? [] : [[next, about]];
  const space = place < 0 ? [...entries, ...added] : [...entries.slice(0, place), ...added, ...entries.slice(place + 1)];
  return changed(request, "space", Object.fromEntries(space));
}

/** What a parameter is at first: by its kind and what is allowed. @param {{ name: string, kinds: readonly string[], json_schema: any, default: any }} about */
export function firstRange({ kinds, json_schema: schema, default: usual }) {
  if (kinds.includes("float") && typeof usual === "number" && usual > 0) return { kind: "float", low: usual / 10, high: usual * 10, scale: "log" };
  if (kinds.includes("float")) return { kind: "float", low: 0, high: 1 };
  if (kinds.includes("int")) return { kind: "int", low: 1, high: 64, scale: "log" };
  return { kind: "choice", values: schema.enum ?? [usual] };
}

/** What was typed as a value: JSON, or else text. @param {string} text */
export function typed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** The text of a list of choices, as it is typed again. @param {readonly unknown[]} values */
export function listed(values) {
  return values.map((value) => JSON.stringify(value)).join(", ");
}

/** The list that was typed: JSON values, or words, with commas in between. @param {string} text @returns {unknown[]} */
export function list(text) {
  const whole = typed(`[${text}]`);
  return Array.isArray(whole) ? whole : text.split(",").map((one) => typed(one.trim())).filter((one) => one !== "");
}
