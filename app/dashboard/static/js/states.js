/** The states of trials, in the order in which trials pass them. */

/** @typedef {import("./types.js").Schemas["TrialState"]} TrialState */

/** Ended before the last epoch that was asked for. @type {readonly TrialState[]} */
export const STOPPED = ["pruned", "diverged", "failed", "cancelled"];

/** Ended. @type {readonly TrialState[]} */
export const FINAL = ["completed", ...STOPPED];

/** All of them. @type {readonly TrialState[]} */
export const TRIAL_STATES = ["queued", "running", "paused", ...FINAL];
