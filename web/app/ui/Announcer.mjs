// Speaks what is new to screen readers: one polite line each, and never the history.

import { html, useRef, useSignalEffect, useSignal } from '../lib/dom.mjs';
import { t } from '../i18n/en.mjs';

/** Lines stay long enough to be read, and do not pile up. */
const KEEP = 5;

/** @param {import('../room-view.mjs').News} news */
function words({ type, user = '', content = '', what = 'edit', code = '' }) {
  if (type === 'refused') return `${t.notChanged[what]} ${t.changeWhy[code] ?? ''}`.trim();
  return type === 'edited' || type === 'deleted' ? t.told[type] : t.heard[type](user, content);
}

/** @param {{ view: import('../room-view.mjs').RoomView }} props */
export function Announcer({ view }) {
  const lines = useSignal(/** @type {{ key: number, text: string }[]} */ ([]));
  const first = useRef(view.news.peek());
  const spoken = useRef(0);
  useSignalEffect(() => {
    const news = view.news.value;
    if (!news || news === first.current) return;
    lines.value = [...lines.peek(), { key: (spoken.current += 1), text: words(news) }].slice(-KEEP);
  });
  return html`<div class="sr-only" role="status" aria-live="polite" aria-atomic="false" id="announcer">
    ${lines.value.map(({ key, text }) => html`<p key=${key}>${text}</p>`)}
  </div>`;
}
