// Why was the upgrade refused? A browser is told nothing but "closed", so the same address is asked once more over
// plain HTTP: a server that would refuse the upgrade says why (problem+json), one that would not says 426.

import { ChatError } from './codes.mjs';

const LIMIT_MS = 5_000;
/** Refusals that pass: too many requests, overload, and the 426 of a server that would have let us in. */
const PASSING = new Set([408, 425, 426, 429]);

/**
 * @param {string} url of the WebSocket
 * @param {string} [token]
 * @returns {Promise<ChatError | null>} null: no reason to give up
 */
export async function refusalOf(url, token) {
  try {
    const headers = new Headers();
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const response = await fetch(url.replace(/^ws/, 'http'), { headers, signal: AbortSignal.timeout(LIMIT_MS) });
    if (response.status < 400 || response.status > 499 || PASSING.has(response.status)) return null;
    const { code, detail, title } = await response.json();
    return typeof code === 'string' ? new ChatError(code, String(detail ?? title ?? code)) : null;
  } catch {
    return null;
  }
}
