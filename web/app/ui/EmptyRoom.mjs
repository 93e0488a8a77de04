// A room without messages says who is here and what to do.

import { h, html, useState } from '../lib/dom.mjs';
import { t } from '../i18n/en.mjs';
import { ordered } from '../state/people.mjs';
import { Icon } from './Icon.mjs';

/** @param {{ view: import('../room-view.mjs').RoomView }} props */
export function EmptyRoom({ view }) {
  const [copied, setCopied] = useState(false);
  const me = view.me();
  const others = ordered(view.people.value, me).filter((user) => user !== me);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      setCopied(true);
    } catch {
      // Not allowed here (plain http): the address bar has the same link.
    }
  };
  return html`
    <div class="empty">
      <div class="empty-mark" aria-hidden="true">#</div>
      <h2>${t.emptyTitle(view.name)}</h2>
      <p>${others.length > 0 ? t.emptyCompany(others.slice(0, 5)) : t.emptyAlone}</p>
      <button type="button" class="button" onClick=${copy}>${h(Icon, { name: 'link' })}<span role="status">${copied ? t.copied : t.copyLink}</span></button>
    </div>
  `;
}
