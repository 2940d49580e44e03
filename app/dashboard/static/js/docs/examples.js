// The examples of the API's document: which ones there are, and how they name what this server has.

/**
 * The document with the ids of the newest sweep, and of its best trial, as examples of the addresses.
 * @param {any} written the document as the server wrote it
 * @param {{ id: string, best: { trial: number } | null } | undefined} sweep undefined while there is none
 */
export function withPlaces(written, sweep) {
  const document = structuredClone(written);
  if (sweep === undefined) return document;
  /** @type {Record<string, unknown>} */
  const places = { sweep: sweep.id, number: sweep.best?.trial ?? 0 };
  for (const operation of operationsOf(document)) {
    for (const parameter of operation.parameters ?? []) {
      if (parameter.in === "path" && parameter.name in places) parameter.example = places[parameter.name];
    }
  }
  return document;
}

/**
 * The example of a form's field, or of a body that is one file; undefined if the document has none.
 * @param {any} document
 * @param {string} operation the id of an operation
 * @param {string} field the name of a field; empty for a body that is one file
 * @returns {string | undefined}
 */
export function exampleOf(document, operation, field) {
  const found = operationsOf(document).find((one) => one.operationId === operation);
  const content = found?.requestBody?.content ?? {};
  const example = (content["multipart/form-data"] ?? content["application/octet-stream"])?.example;
  return field === "" ? example : example?.[field];
}

/**
 * @param {any} document
 * @returns {any[]}
 */
function operationsOf(document) {
  return Object.values(document.paths).flatMap((path) => Object.values(path));
}
