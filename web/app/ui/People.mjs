// Who is here.

import { h, html } from '../lib/dom.mjs';
import { t } from '../i18n/en.mjs';
import { ordered } from '../state/people.mjs';
import { Avatar } from './Avatar.mjs';
import { Icon } from './Icon.mjs';

/** @param {{ view: import('../room-view.mjs').RoomView, connected: boolean, close: () => void }} props */
export function People({ view, connected, close }) {
  const { users, count } = view.people.value;
  const me = view.me();
  const more = count - users.length;
  return html`
    <div class="side-head">
      <h2>${t.people} <span class="count" aria-label=${t.peopleCount(count)}>${count}</span></h2>
      <button type="button" class="icon-button drawer-close" aria-label=${t.close} onClick=${close}>${h(Icon, { name: 'close' })}</button>
    </div>
    <ul class=${`people${connected ? '' : ' stale'}`}>
      ${ordered(view.people.value, me).map(
        (user) => html`<li key=${user}>
          ${h(Avatar, { name: user, small: true })}<bdi class="name">${user}</bdi>
          ${user === me && html`<span class="tag">${t.you}</span>`}
        </li>`,
      )}
      ${more > 0 && html`<li class="more">${t.peopleMore(more)}</li>`}
    </ul>
  `;
}
