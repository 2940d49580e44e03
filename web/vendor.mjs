// Copies the libraries of the dashboard from node_modules, and writes down where each came from.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const TARGET = new URL("../app/dashboard/static/vendor/", import.meta.url);

/** What is copied: a package, its module, the name that our modules import it by, and its licence. */
const LIBRARIES = [
  ["preact", "dist/preact.mjs", "preact", "LICENSE"],
  ["preact", "hooks/dist/hooks.mjs", "preact/hooks", "LICENSE"],
  ["htm", "dist/htm.mjs", "htm", "LICENSE"],
  ["htm", "preact/index.mjs", "htm/preact", "LICENSE"],
  ["@preact/signals-core", "dist/signals-core.mjs", "@preact/signals-core", "LICENSE"],
  ["@preact/signals", "dist/signals.mjs", "@preact/signals", "LICENSE"],
  ["echarts", "dist/echarts.esm.min.mjs", "echarts", "LICENSE"],
];

rmSync(TARGET, { recursive: true, force: true });
mkdirSync(new URL("licences/", TARGET), { recursive: true });
const rows = LIBRARIES.map(([name, file, imported, licence]) => {
  const from = new URL(`node_modules/${name}/`, import.meta.url);
  const about = JSON.parse(readFileSync(new URL("package.json", from), "utf8"));
  const stored = `${imported.replaceAll("/", "-").replace("@", "")}.js`;
  const text = readFileSync(new URL(file, from), "utf8").replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n");
  writeFileSync(new URL(stored, TARGET), text);
  copyFileSync(new URL(licence, from), new URL(`licences/${name.replaceAll("/", "-").replace("@", "")}.txt`, TARGET));
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { import: imported, file: stored, package: name, version: about.version, licence: about.license, sha256 };
});
writeFileSync(new URL("vendor.json", TARGET), `${JSON.stringify(rows, null, 2)}\n`);
