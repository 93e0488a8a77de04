// Names of people and rooms, checked before the server does (protocol.md §9). The server has the last word. Pure.

/** @typedef {'empty' | 'long' | 'chars'} Fault */

const USER_CHARS = 32;
const ROOM_BYTES = 64;
/** Letters, digits, marks and the visible ASCII characters: no spaces, no symbols. */
const NAME = /^[\x21-\x7e\p{L}\p{Nd}\p{M}]+$/u;

/** @param {string} typed */
export function userOf(typed) {
  return typed.normalize('NFC').trim();
}

/** @param {string} user as `userOf` gives it @returns {Fault | null} */
export function userFault(user) {
  if (user === '') return 'empty';
  if ([...user].length > USER_CHARS) return 'long';
  return NAME.test(user) ? null : 'chars';
}

/** The same name without what a name cannot have, to suggest it. @param {string} user */
export function plainName(user) {
  const plain = user.replace(/\s+/gu, '-').replace(/[^\x21-\x7e\p{L}\p{Nd}\p{M}]/gu, '');
  return userFault(plain) ? '' : plain;
}

/** What was typed, as a room would be called: `#My Room` → `my-room`. @param {string} typed */
export function roomOf(typed) {
  return typed.normalize('NFC').trim().replace(/^#+/, '').trim().replace(/\s+/g, '-').toLowerCase();
}

/** @param {string} room as `roomOf` gives it @returns {Fault | null} */
export function roomFault(room) {
  if (room === '') return 'empty';
  if (new TextEncoder().encode(room).length > ROOM_BYTES) return 'long';
  return /^[\p{L}\p{M}\p{N}._-]+$/u.test(room) && !/^\.+$/.test(room) ? null : 'chars';
}

/** @param {string} name one or two letters for the avatar */
export function initialsOf(name) {
  const words = name.split(/[\s._-]+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[1]] : [words[0] ?? name];
  return letters.map((word) => [...(word ?? '')][0] ?? '').join('').toUpperCase();
}

/** The same colour for a name everywhere, for ever. @param {string} name @param {number} [hues] */
export function hueOf(name, hues = 12) {
  let hash = 2166136261;
  for (const char of name) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16777619) >>> 0;
  return ((hash ^ (hash >>> 15)) >>> 0) % hues;
}
