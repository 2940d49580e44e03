import assert from "node:assert/strict";
import { test } from "node:test";
import { href, parse } from "../../../../app/dashboard/static/js/router.js";
import { match } from "../../../../app/dashboard/static/js/views/index.js";

test("an address leads back to the view and the query that it was made of", () => {
  const { path, query } = parse(href(["sweeps", "a/b c?"], { where: ["x<1", "param.y=a&b"], sort: "-value" }));
  assert.deepEqual(path, ["sweeps", "a/b c?"]);
  assert.deepEqual(query.getAll("where"), ["x<1", "param.y=a&b"]);
  assert.equal(query.get("sort"), "-value");
});

test("a part with a colon takes what stands there", () => {
  assert.deepEqual(match(["sweeps", ":sweep"], ["sweeps", "s1"]), { sweep: "s1" });
  assert.equal(match(["sweeps", ":sweep"], ["sweeps"]), null);
  assert.equal(match(["sweeps", ":sweep"], ["trials", "s1"]), null);
});
