// What the client needs from the place it runs in. Tests pass their own; outside a browser nothing is ever hidden or offline.

/**
 * @typedef {object} Clock
 * @property {() => number} now wall clock, milliseconds
 * @property {(fn: () => void, ms: number) => unknown} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */

/** @typedef {'online' | 'offline' | 'visible' | 'restored'} Wake */

/**
 * @typedef {object} Host
 * @property {() => boolean} online
 * @property {() => boolean} hidden
 * @property {(heard: (wake: Wake) => void) => () => void} listen returns its undo
 */

/** @type {Clock} */
export const systemClock = {
  now: () => Date.now(),
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: (timer) => clearTimeout(timer),
};

/** @returns {Host} */
export function defaultHost() {
  if (typeof window === 'undefined' || typeof document === 'undefined') {
    return { online: () => true, hidden: () => false, listen: () => () => {} };
  }
  return {
    online: () => navigator.onLine,
    hidden: () => document.visibilityState === 'hidden',
    listen(heard) {
      const stop = new AbortController();
      const { signal } = stop;
      window.addEventListener('online', () => heard('online'), { signal });
      window.addEventListener('offline', () => heard('offline'), { signal });
      window.addEventListener('pageshow', (event) => event.persisted && heard('restored'), { signal });
      document.addEventListener(
        'visibilitychange',
        () => document.visibilityState === 'visible' && heard('visible'),
        { signal },
      );
      return () => stop.abort();
    },
  };
}

/** 122 random bits; `crypto.randomUUID` is missing on plain http except on localhost. */
export function newNonce() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
