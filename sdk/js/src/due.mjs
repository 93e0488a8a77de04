// When what waits to be sent or acknowledged has to be looked at again. Pure.

/** A message or a change. @typedef {{ status: string, createdAt: number, notBefore: number, sentAt: number }} Entry */

export const ACK_MS = 10_000;
export const LIFE_MS = 5 * 60_000;

/** Its ack is overdue. @param {Entry} entry @param {number} now */
export const isOverdue = (entry, now) => entry.status === 'sending' && now - entry.sentAt >= ACK_MS;

/** It has waited long enough. @param {Entry} entry @param {number} now */
export const isExpired = (entry, now) => entry.status === 'queued' && now - entry.createdAt >= LIFE_MS;

/** @param {readonly Entry[]} entries @param {number} now @returns {number | null} milliseconds from now; null: never */
export function nextLook(entries, now) {
  const moments = entries.flatMap((entry) => {
    if (entry.status === 'sending') return [entry.sentAt + ACK_MS];
    if (entry.status !== 'queued') return [];
    const end = entry.createdAt + LIFE_MS;
    return [entry.notBefore > now ? Math.min(entry.notBefore, end) : end];
  });
  return moments.length === 0 ? null : Math.max(1, Math.min(...moments) - now);
}
