// What became of a message that is not in the log yet, in words.

import { h, html, useEffect, useState } from '../lib/dom.mjs';
import { t } from '../i18n/en.mjs';
import { Icon } from './Icon.mjs';

/** @typedef {import('../state/rows.mjs').Unsent} Unsent */

/** Seconds until `at`, counted down. @param {number} at */
export function useSeconds(at) {
  const [, tick] = useState(0);
  const left = Math.max(0, Math.ceil((at - Date.now()) / 1000));
  useEffect(() => {
    if (at <= Date.now()) return undefined;
    const timer = setInterval(() => tick((n) => n + 1), 500);
    return () => clearInterval(timer);
  }, [at]);
  return left;
}

/**
 * The same of a change to one that is.
 * @param {{ wish: import('../state/rows.mjs').Wish, line: import('../state/timeline.mjs').Line, connected: boolean, own: import('../own-changes.mjs').OwnChanges }} props
 */
export function WishOutcome({ wish, line, connected, own }) {
  if (wish.status === 'saving') return h(Underway, { words: connected ? t.saving : t.waiting, brief: connected });
  const again = () => (wish.type === 'edit' ? own.edit(line, 'row', wish.content) : (own.dismiss(line.seq), own.delete(line)));
  return html`<div class="outcome bad">
    ${h(Icon, { name: 'alert' })}<span class="why">${t.notChanged[wish.type]} ${t.changeWhy[wish.code ?? ''] ?? ''}</span>
    <button type="button" class="link" onClick=${again}>${wish.type === 'edit' ? t.editAgain : t.retry}</button>
    <button type="button" class="link" onClick=${() => own.dismiss(line.seq)}>${t.dismiss}</button>
  </div>`;
}

/** @param {{ words: string, brief: boolean }} props */
function Underway({ words, brief }) {
  return html`<div class=${brief ? 'outcome brief' : 'outcome'}>${h(Icon, { name: 'clock' })}<span>${words}</span></div>`;
}

/** @param {{ unsent: Unsent, connected: boolean, view: import('../room-view.mjs').RoomView }} props */
export function Outcome({ unsent, connected, view }) {
  const seconds = useSeconds(unsent.notBefore);
  if (unsent.status === 'failed') {
    const why = t.why[unsent.error?.code ?? ''] ?? '';
    return html`
      <div class="outcome">
        ${h(Icon, { name: 'alert' })}<span class="why">${t.failed} ${why}</span>
        <button type="button" class="link" onClick=${() => view.room.retry(unsent.nonce)}>${t.retry}</button>
        <button type="button" class="link" onClick=${() => view.room.cancel(unsent.nonce)}>${t.discard}</button>
      </div>
    `;
  }
  const limited = unsent.error && seconds > 0;
  const busy = unsent.error?.code === 'rate_limited' ? t.tooFast(seconds) : t.later(seconds);
  const words = limited ? busy : connected ? t.sending : t.waiting;
  return h(Underway, { words, brief: connected && !limited });
}
