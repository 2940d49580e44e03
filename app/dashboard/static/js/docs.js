// The page of the API: Swagger UI on the document, with examples that work on this server as it is.
import { fillFiles } from "./docs/files.js";
import { exampleOf, withoutEmpty, withPlaces } from "./docs/examples.js";

const HOME = new URL("./", location.href);

/** @param {string} path */
const fetched = async (path) => (await fetch(new URL(path, HOME))).json();

/** The newest sweep, whose id and best trial stand in the addresses that are tried out. */
const newestSweep = async () => (await fetched("v1/sweeps?limit=1")).items[0];

const asWritten = await fetched("openapi.json");
asWritten.servers = [{ url: HOME.href.replace(/\/$/, ""), description: "this server" }];
const placed = async () => withPlaces(asWritten, await newestSweep());

const ui = /** @type {any} */ (globalThis).SwaggerUIBundle({
  spec: await placed(),
  dom_id: "#docs",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  validatorUrl: null,
  requestInterceptor: (/** @type {any} */ request) => Object.assign(request, { body: withoutEmpty(request.body) }),
  responseInterceptor: (/** @type {any} */ answer) => {
    if (answer.status === 201 && answer.url.endsWith("/v1/sweeps")) {
      void placed().then((spec) => ui.specActions.updateJsonSpec(spec));
    }
    return answer;
  },
});

fillFiles(document.body, (operation, field) => exampleOf(asWritten, operation, field));
