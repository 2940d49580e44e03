// Uses the API through a client that is made from its document: openapi-typescript's types, which tsc checks.
import process from "node:process";

import createClient from "openapi-fetch";

/** @type {ReturnType<typeof createClient<import("./api").paths>>} */
const client = createClient({ baseUrl: process.argv[2] });

const made = await client.POST("/v1/sweeps", {
  body: {
    name: "by a generated client",
    dataset: "iris",
    space: { learning_rate: { kind: "float", low: 0.001, high: 0.3, scale: "log" } },
    fixed: { epochs: 3 },
    budget: { trials: 2 },
  },
});
if (made.data === undefined) throw new Error(JSON.stringify(made.error));

const path = { sweep: made.data.id };
const trials = await client.GET("/v1/sweeps/{sweep}/trials", { params: { path, query: { sort: "-number", limit: 1 } } });
const refused = await client.POST("/v1/sweeps", { body: { space: {}, budget: { trials: 0 } } });
const cancelled = await client.POST("/v1/sweeps/{sweep}/cancel", { params: { path } });

process.stdout.write(
  JSON.stringify({
    first: trials.data?.items.map((trial) => trial.number),
    faults: refused.error?.errors?.map((fault) => fault.pointer),
    state: cancelled.data?.state,
  }),
);
