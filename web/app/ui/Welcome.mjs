// The first thing one sees: a name, a room, go.

import { h, html, useEffect, useRef, useState } from '../lib/dom.mjs';
import { t } from '../i18n/en.mjs';
import { fetchRooms } from '../session.mjs';
import { plainName, roomFault, roomOf, userFault, userOf } from '../state/names.mjs';
import { ThemeButton } from './Me.mjs';

const SUGGESTIONS = 8;

/** @param {{ name: string, badName: string, room: string, join: (name: string, room: string) => void }} props */
export function Welcome({ name: knownName, badName, room: knownRoom, join }) {
  const [name, setName] = useState(knownName);
  const [room, setRoom] = useState(knownRoom);
  const [rooms, setRooms] = useState(/** @type {string[]} */ ([]));
  const [tried, setTried] = useState(badName !== '');
  const nameField = useRef(/** @type {HTMLInputElement | null} */ (null));
  const user = userOf(name);
  const nameFault = userFault(user) ?? (user !== '' && user === badName ? 'refused' : null);
  const badRoom = roomFault(roomOf(room));

  useEffect(() => {
    nameField.current?.focus();
    void fetchRooms().then((found) => found && setRooms(found.slice(0, SUGGESTIONS)));
  }, []);

  useEffect(() => setRoom(knownRoom), [knownRoom]);

  /** @param {Event} event */
  const onSubmit = (event) => {
    event.preventDefault();
    setTried(true);
    if (!nameFault && !badRoom) join(user, roomOf(room));
    else if (nameFault) nameField.current?.focus();
  };
  /** @param {(value: string) => void} set */
  const into = (set) => (/** @type {Event} */ event) => set(/** @type {HTMLInputElement} */ (event.target).value);

  return html`<div class="welcome">
    <main class="card">
      <div class="welcome-mark brand-mark" aria-hidden="true" />
      <h1>${t.app}</h1>
      <p class="tagline">${t.tagline}</p>
      <form onSubmit=${onSubmit} novalidate>
        <label for="name">${t.yourName}</label>
        <input id="name" ref=${nameField} autocomplete="nickname" dir="auto" maxlength="64" value=${name} onInput=${into(setName)}
          aria-invalid=${tried && nameFault !== null} aria-describedby="name-hint" />
        <p class=${tried && nameFault ? 'hint fault' : 'hint'} id="name-hint">${tried && nameFault ? t.nameFault[nameFault](plainName(user)) : t.nameHint}</p>
        <label for="room">${t.room}</label>
        <input id="room" autocomplete="off" autocapitalize="none" spellcheck=${false} dir="auto" value=${room} onInput=${into(setRoom)}
          aria-invalid=${tried && badRoom !== null} aria-describedby="room-hint" />
        <p class=${tried && badRoom ? 'hint fault' : 'hint'} id="room-hint">${tried && badRoom ? t.roomFault[badRoom] : t.roomHint}</p>
        ${rooms.length > 0 &&
        html`<div class="chips" role="group" aria-label=${t.activeRooms}>
          ${rooms.map((one) => html`<button key=${one} type="button" class="chip" aria-pressed=${roomOf(room) === one} onClick=${() => setRoom(one)}>#${one}</button>`)}
        </div>`}
        <button type="submit" class="button primary">${t.join}</button>
      </form>
    </main>
    <div class="welcome-theme">${h(ThemeButton, {})}</div>
  </div>`;
}
