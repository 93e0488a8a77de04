// The rooms: ours with what is unread, and those one could join.

import { h, html, useState } from '../lib/dom.mjs';
import { t } from '../i18n/en.mjs';
import { goTo, hashOf } from '../router.mjs';
import { roomFault, roomOf } from '../state/names.mjs';
import { Icon } from './Icon.mjs';
import { Me } from './Me.mjs';

/** @typedef {import('../session.mjs').Session} Session */

/** @param {{ session: Session, close: () => void, changeName: () => void }} props */
export function RoomList({ session, close, changeName }) {
  const current = session.current.value;
  const others = session.others.value;
  return html`
    <div class="side-head">
      <span class="brand"><span class="brand-mark" aria-hidden="true" />${t.app}</span>
      <button type="button" class="icon-button drawer-close" aria-label=${t.close} onClick=${close}>${h(Icon, { name: 'close' })}</button>
    </div>
    <div class="side-scroll">
      <h2 class="side-label" id="your-rooms">${t.yourRooms}</h2>
      <ul class="rooms-list" aria-labelledby="your-rooms">
        ${session.views.value.map((view) => h(Mine, { key: view.name, view, session, close, here: view === current }))}
      </ul>
      ${others.length > 0 &&
      html`<h2 class="side-label" id="other-rooms">${t.otherRooms}</h2>
        <ul class="rooms-list" aria-labelledby="other-rooms">
          ${others.map((name) => html`<li key=${name}><a class="room other" href=${hashOf(name)} onClick=${close}>${h(Name, { name })}</a></li>`)}
        </ul>`}
      ${h(NewRoom, { close })}
    </div>
    ${h(Me, { name: session.me.value, changeName })}
  `;
}

/** @param {{ name: string }} props */
function Name({ name }) {
  return html`<span class="hash" aria-hidden="true">#</span><bdi class="name">${name}</bdi>`;
}

/** @param {{ view: import('../room-view.mjs').RoomView, session: Session, here: boolean, close: () => void }} props */
function Mine({ view, session, here, close }) {
  const unread = view.unread.value;
  const leave = () => {
    session.leave(view.name);
    goTo(session.current.value?.name ?? null);
  };
  return html`<li>
    <a class=${`room${here ? ' here' : ''}${unread > 0 ? ' unread' : ''}`} href=${hashOf(view.name)} aria-current=${here ? 'page' : undefined} onClick=${close}>
      ${h(Name, { name: view.name })}
      ${unread > 0 && html`<span class="badge" aria-hidden="true">${t.unreadShort(unread)}</span><span class="sr-only">, ${t.unread(unread)}</span>`}
    </a>
    <button type="button" class="icon-button leave" aria-label=${t.leaveRoom(view.name)} title=${t.leaveRoom(view.name)} onClick=${leave}>
      ${h(Icon, { name: 'close' })}
    </button>
  </li>`;
}

/** @param {{ close: () => void }} props */
function NewRoom({ close }) {
  const [typed, setTyped] = useState('');
  const [fault, setFault] = useState(/** @type {import('../state/names.mjs').Fault | null} */ (null));
  /** @param {Event} event */
  const onSubmit = (event) => {
    event.preventDefault();
    const room = roomOf(typed);
    const wrong = roomFault(room);
    setFault(wrong);
    if (wrong) return;
    setTyped('');
    goTo(room);
    close();
  };
  /** @param {Event} event */
  const onInput = (event) => {
    setTyped(/** @type {HTMLInputElement} */ (event.target).value);
    setFault(null);
  };
  return html`<form class="new-room" onSubmit=${onSubmit}>
    <label class="side-label" for="new-room">${t.newRoom}</label>
    <div class="field-row">
      <input
        id="new-room"
        autocomplete="off"
        autocapitalize="none"
        spellcheck=${false}
        placeholder=${t.newRoomPlaceholder}
        value=${typed}
        onInput=${onInput}
        aria-invalid=${fault !== null}
        aria-describedby="new-room-fault"
      />
      <button type="submit" class="icon-button solid" aria-label=${t.newRoomGo} title=${t.newRoomGo}>${h(Icon, { name: 'plus' })}</button>
    </div>
    <p class="fault" id="new-room-fault" role="alert">${fault ? t.roomFault[fault] : ''}</p>
  </form>`;
}
