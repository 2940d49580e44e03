// The examples of the API's document: which ones there are, and how they name what this server has.

/**
 * The document with the ids of the newest sweep, and of its best trial, as examples of the addresses.
 * @param {any} written the document as the server wrote it
 * @param {{ id: string, best: { trial: number } | null } | undefined} sweep undefined while there is none
 */
export function withPlaces(written, sweep) {
  const document = structuredClone(written);
  for (const operation of operationsOf(document)) fillForm(document, operation);
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
 * Give each field of a form its example: Swagger UI looks for it there, and would send "string" for all others.
 * @param {any} document
 * @param {any} operation
 */
function fillForm(document, operation) {
  const form = operation.requestBody?.content["multipart/form-data"];
  if (form === undefined) return;
  const schema = document.components.schemas[form.schema.$ref.split("/").at(-1)];
  for (const [name, field] of Object.entries(schema.properties)) {
    Object.assign(field, field.anyOf?.[0]);
    delete field.anyOf; // text or null: a form sends text, or nothing
    field.example = form.example[name] ?? (field.type === "array" ? [] : "");
  }
  delete form.example;
}

/**
 * The body of a request without the fields of a form that were left empty.
 * @param {any} body
 */
export function withoutEmpty(body) {
  if (!(body instanceof FormData)) return body;
  for (const name of new Set(body.keys())) {
    if (body.getAll(name).every((value) => value === "")) body.delete(name);
  }
  return body;
}

/**
 * @param {any} document
 * @returns {any[]}
 */
function operationsOf(document) {
  return Object.values(document.paths).flatMap((path) => Object.values(path));
}
