// Where we are: `#/general`. The hash keeps every other URL relative to the page, whatever path a proxy puts it under.

import { signal } from './lib/dom.mjs';
import { roomFault, roomOf } from './state/names.mjs';

/** @param {string} hash @returns {string | null} the room */
export function roomIn(hash) {
  try {
    const room = roomOf(decodeURIComponent(hash.replace(/^#\/?/, '')));
    return roomFault(room) ? null : room;
  } catch {
    return null;
  }
}

/** @param {string} room */
export const hashOf = (room) => `#/${encodeURIComponent(room)}`;

/** The room in the address bar. @type {import('./lib/dom.mjs').Signal<string | null>} */
export const route = signal(roomIn(location.hash));
addEventListener('hashchange', () => {
  route.value = roomIn(location.hash);
});

/** @param {string | null} room */
export function goTo(room) {
  if (room === null) history.pushState(null, '', location.pathname + location.search);
  else if (hashOf(room) !== location.hash) location.hash = hashOf(room);
  route.value = room;
}
