// Lets node find the dashboard's libraries as a browser does: by the import map of index.html.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

const STATIC = new URL("../app/dashboard/static/", import.meta.url);
const [, written] = readFileSync(new URL("index.html", STATIC), "utf8").match(/<script type="importmap">([^]*?)<\/script>/);
const { imports } = JSON.parse(written);

registerHooks({
  resolve(specifier, context, next) {
    const found = imports[specifier];
    // Paths of the map are those of the server, which serves the static files at /dashboard/.
    return next(found ? new URL(found.replace("./dashboard/", "./"), STATIC).href : specifier, context);
  },
});
