// Speaks new messages to screen readers: one polite line each, and never the history.

import { html, useRef, useSignalEffect, useSignal } from '../lib/dom.mjs';
import { t } from '../i18n/en.mjs';

/** Lines stay long enough to be read, and do not pile up. */
const KEEP = 5;

/** @param {{ view: import('../room-view.mjs').RoomView }} props */
export function Announcer({ view }) {
  const lines = useSignal(/** @type {{ seq: number, text: string }[]} */ ([]));
  const first = useRef(view.news.peek());
  useSignalEffect(() => {
    const news = view.news.value;
    if (!news || news === first.current) return;
    lines.value = [...lines.peek(), { seq: news.seq, text: t.said(news.user, news.content) }].slice(-KEEP);
  });
  return html`<div class="sr-only" role="status" aria-live="polite" aria-atomic="false" id="announcer">
    ${lines.value.map(({ seq, text }) => html`<p key=${seq}>${text}</p>`)}
  </div>`;
}
