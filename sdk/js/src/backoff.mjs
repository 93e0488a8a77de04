// How long to wait before the next attempt: full jitter, so that a thousand clients do not come back in step.

export const BASE_MS = 500;
export const CAP_MS = 20_000;
export const CAP_HIDDEN_MS = 60_000;
export const FLOOR_MS = 100;
/** A connection that lived this long was a good one: the count starts again. */
export const GOOD_UPTIME_MS = 5_000;

/**
 * @param {number} attempt 0 for the first retry
 * @param {() => number} random in [0, 1)
 * @param {number} [capMs]
 * @returns {number} milliseconds in [FLOOR_MS, min(cap, BASE·2ⁿ)]
 */
export function delay(attempt, random, capMs = CAP_MS) {
  const ceiling = Math.min(capMs, BASE_MS * 2 ** Math.min(attempt, 20));
  return Math.max(FLOOR_MS, Math.round(random() * ceiling));
}

/**
 * What the server asked for, with a quarter of jitter on top, so that a restart does not bring everyone back at once.
 * @param {number} askedMs
 * @param {() => number} random
 */
export function asked(askedMs, random) {
  return Math.max(FLOOR_MS, Math.round(askedMs * (1 + random() / 4)));
}
