/**
 * Names for what the API answers, made from its document: a field that is spelt wrongly fails the type check.
 * @typedef {import("../../../../web/api").components["schemas"]} Schemas
 * @typedef {Schemas["SweepAnswer"]} Sweep
 * @typedef {Schemas["TrialAnswer"]} Trial
 */
export {};
