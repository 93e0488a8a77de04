// Who is in a room. Pure.

/** @typedef {{ users: readonly string[], count: number }} People `users` may be fewer than `count` in a crowd */

/** @type {People} */
export const NOBODY = { users: [], count: 0 };

/** @param {People} people @param {readonly string[]} joined @param {readonly string[]} left @param {number} [count] */
export function changed(people, joined, left, count) {
  const users = new Set(people.users);
  const before = users.size;
  for (const user of left) users.delete(user);
  for (const user of joined) users.add(user);
  return { users: [...users], count: count ?? people.count + users.size - before };
}

/** Ourselves first, then by name. @param {People} people @param {string} me @returns {string[]} */
export function ordered(people, me) {
  const others = people.users.filter((user) => user !== me).sort((a, b) => a.localeCompare(b));
  return people.users.includes(me) ? [me, ...others] : others;
}
