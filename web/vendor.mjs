// Copies the libraries of the dashboard from node_modules, and writes down where each came from.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const TARGET = new URL("../app/dashboard/static/vendor/", import.meta.url);

/** What is copied: a package, its file, the name that our modules import it by if any, and its licences. */
const LIBRARIES = [
  ["preact", "dist/preact.mjs", "preact", ["LICENSE"]],
  ["preact", "hooks/dist/hooks.mjs", "preact/hooks", ["LICENSE"]],
  ["htm", "dist/htm.mjs", "htm", ["LICENSE"]],
  ["htm", "preact/index.mjs", "htm/preact", ["LICENSE"]],
  ["@preact/signals-core", "dist/signals-core.mjs", "@preact/signals-core", ["LICENSE"]],
  ["@preact/signals", "dist/signals.mjs", "@preact/signals", ["LICENSE"]],
  ["echarts", "dist/echarts.esm.min.mjs", "echarts", ["LICENSE"]],
  ["swagger-ui-dist", "swagger-ui-bundle.js", null, ["LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"]],
  ["swagger-ui-dist", "swagger-ui.css", null, ["LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"]],
];

const SOURCE_MAP = /\n?\/[/*]# sourceMappingURL=.*\s*$/;

/** @param {string} name */
const plain = (name) => name.replaceAll("/", "-").replace("@", "");

rmSync(TARGET, { recursive: true, force: true });
mkdirSync(new URL("licences/", TARGET), { recursive: true });
const rows = LIBRARIES.map(([name, file, imported, licences]) => {
  const from = new URL(`node_modules/${name}/`, import.meta.url);
  const read = (/** @type {string} */ path) => readFileSync(new URL(path, from), "utf8");
  const about = JSON.parse(read("package.json"));
  const stored = imported === null ? file : `${plain(imported)}.js`;
  const text = read(file).replace(SOURCE_MAP, "\n");
  writeFileSync(new URL(stored, TARGET), text);
  writeFileSync(new URL(`licences/${plain(name)}.txt`, TARGET), licences.map(read).join("\n"));
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { import: imported, file: stored, package: name, version: about.version, licence: about.license, sha256 };
});
writeFileSync(new URL("vendor.json", TARGET), `${JSON.stringify(rows, null, 2)}\n`);
