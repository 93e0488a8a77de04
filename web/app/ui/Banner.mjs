// Says that the connection is gone, but only when it stays gone.

import { h, html, useEffect, useState } from '../lib/dom.mjs';
import { t } from '../i18n/en.mjs';
import { useSeconds } from './Outcome.mjs';

/** A blink of the network is not worth a word. */
const CALM_MS = 2_000;

/** @param {number} since @param {boolean} bad */
function useLasting(since, bad) {
  const [, tick] = useState(0);
  useEffect(() => {
    if (!bad) return undefined;
    const timer = setTimeout(() => tick((n) => n + 1), Math.max(0, since + CALM_MS - Date.now()) + 10);
    return () => clearTimeout(timer);
  }, [since, bad]);
  return bad && Date.now() - since >= CALM_MS;
}

/** @param {{ session: import('../session.mjs').Session }} props */
export function Banner({ session }) {
  const { state, since, retryAt, code, error } = session.link.value;
  const waiting = session.waiting.value;
  const lasting = useLasting(since, state !== 'connected' && state !== 'closed' && state !== 'idle');
  const seconds = useSeconds(retryAt ?? 0);
  const queued = waiting > 0 ? ` ${t.waitingMessages(waiting)}` : '';
  return html`<div class="banner-place" role="status">
    ${state === 'closed' &&
    html`<div class="banner final">
      <span>${t.closedWhy[code ?? 0] ?? t.refusedWhy[error?.code ?? ''] ?? t.closed}</span>
      <button type="button" class="button" onClick=${() => session.client.connect()}>${t.connectAgain}</button>
    </div>`}
    ${lasting &&
    html`<div class="banner">
      <span class="pulse" aria-hidden="true" />
      <span>${h(Words, { state, seconds })}${queued}</span>
      ${(state === 'waiting' || state === 'offline') &&
      html`<button type="button" class="button" onClick=${() => session.client.retryNow()}>${t.retryNow}</button>`}
    </div>`}
  </div>`;
}

/** The countdown is for the eye: a screen reader hears that the connection is lost, not every second. @param {{ state: string, seconds: number }} props */
function Words({ state, seconds }) {
  if (state === 'offline') return t.offline;
  return html`<span class="sr-only">${t.reconnectIn(0)}</span><span aria-hidden="true">${t.reconnectIn(state === 'waiting' ? seconds : 0)}</span>`;
}
