// Who is writing. An entry ends by itself: nobody says "stopped". Pure.

/** @typedef {ReadonlyMap<string, number>} Typing user → when it ends */

export const TYPING_MS = 5_500;
export const NAMES = 3;

/** @param {Typing} typing @param {string} user @param {number} now @returns {Typing} */
export function typed(typing, user, now) {
  return new Map([...typing, [user, now + TYPING_MS]]);
}

/** Their message came, or they left. @param {Typing} typing @param {string} user @returns {Typing} */
export function stopped(typing, user) {
  if (!typing.has(user)) return typing;
  return new Map([...typing].filter(([name]) => name !== user));
}

/** @param {Typing} typing @param {number} now @returns {Typing} the same one when nobody's time is over */
export function expired(typing, now) {
  const left = [...typing].filter(([, end]) => end > now);
  return left.length === typing.size ? typing : new Map(left);
}
