// localStorage that never throws: private windows and full disks lose memory, not the chat.

const PREFIX = 'roomcast.';

/** @param {string} key @returns {string | null} */
export function recall(key) {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

/** @param {string} key @param {string | null} value null forgets */
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, value);
  } catch {
    // Nothing to be done, nothing to be said.
  }
}

/** What the outbox may use. @returns {Storage | undefined} */
export function tabStorage() {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}
