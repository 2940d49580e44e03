/** How far a sweep is: the largest share of any limit of its budget. */
import { FINAL } from "./states.js";

/** @typedef {import("./types.js").Sweep} Sweep */

/** The share of the budget that is used, from 0 to 1. @param {Sweep} sweep */
export function progress(sweep) {
  const { budget, counts, used, state } = /** @type {{ budget: any, counts: Record<string, number>, used: any, state: string }} */ (sweep);
  if (state === "completed") return 1;
  const ended = FINAL.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
  const shares = [[ended, budget.trials], [used.epochs, budget.epochs], [used.seconds, budget.seconds]];
  return Math.min(1, Math.max(0, ...shares.filter(([, most]) => most).map(([done, most]) => done / most)));
}

/**
 * About how many seconds a running sweep has left, if it goes on as fast as so far; null where nothing tells.
 * @param {Sweep} sweep @param {number} now milliseconds
 */
export function secondsLeft(sweep, now) {
  const share = progress(sweep);
  if (sweep.state !== "running" || !sweep.started_at || share <= 0 || sweep.no_workers) return null;
  const gone = Math.max(0, (now - Date.parse(sweep.started_at)) / 1000);
  const { budget, used } = /** @type {{ budget: { seconds?: number | null }, used: { seconds: number } }} */ (/** @type {unknown} */ (sweep));
  const byPace = (gone * (1 - share)) / share;
  return budget.seconds ? Math.min(byPace, Math.max(0, budget.seconds - used.seconds)) : byPace;
}
