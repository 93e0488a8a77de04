// The page once one is in: rooms, messages, people.

import { h, html, useEffect, useMemo, useRef, useState } from '../lib/dom.mjs';
import { t } from '../i18n/en.mjs';
import { Announcer } from './Announcer.mjs';
import { Banner } from './Banner.mjs';
import { Composer } from './Composer.mjs';
import { DeleteDialog } from './DeleteDialog.mjs';
import { Icon } from './Icon.mjs';
import { MessageList } from './MessageList.mjs';
import { People } from './People.mjs';
import { RoomList } from './RoomList.mjs';
import { Typing } from './Typing.mjs';

/** @typedef {'' | 'rooms' | 'people'} Drawer */

/** The drawers are drawers on small screens only; see css/layout.css. */
const WIDE = { rooms: matchMedia('(min-width: 760px)'), people: matchMedia('(min-width: 1040px)') };

/** A letter typed anywhere belongs in the message field. @param {KeyboardEvent} event */
function isStrayLetter({ key, ctrlKey, metaKey, altKey, isComposing, target }) {
  if (key.length !== 1 || key === ' ' || ctrlKey || metaKey || altKey || isComposing) return false;
  return !(target instanceof Element && target.closest('input, textarea, select, button, [contenteditable]'));
}

/** Which drawer is open, and the focus that goes in and comes back. */
function useDrawer() {
  const [drawer, setDrawer] = useState(/** @type {Drawer} */ (''));
  const opener = useRef(/** @type {Element | null} */ (null));
  const close = () => setDrawer('');
  useEffect(() => {
    if (drawer === '') {
      if (opener.current instanceof HTMLElement) opener.current.focus();
      opener.current = null;
      return undefined;
    }
    const panel = document.getElementById(drawer);
    /** @type {HTMLElement | null | undefined} */ (panel?.querySelector('.drawer-close'))?.focus();
    const done = new AbortController();
    document.addEventListener('keydown', ({ key }) => key === 'Escape' && close(), { signal: done.signal });
    WIDE[drawer].addEventListener('change', close, { signal: done.signal });
    return () => done.abort();
  }, [drawer]);
  /** @param {Drawer} which */
  const open = (which) => {
    opener.current = document.activeElement;
    setDrawer(which);
  };
  return { drawer, open, close };
}

/** @param {{ session: import('../session.mjs').Session, changeName: () => void }} props */
export function Chat({ session, changeName }) {
  const { drawer, open, close } = useDrawer();
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const view = session.current.value;
  const connected = session.link.value.state === 'connected';
  const toComposer = useMemo(() => () => field.current?.focus(), []);
  const openRooms = () => {
    void session.refreshRooms();
    open('rooms');
  };

  useEffect(() => {
    const onKey = (/** @type {KeyboardEvent} */ event) => isStrayLetter(event) && toComposer();
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  return html`<div class=${`chat${drawer ? ` drawer-${drawer}` : ''}`}>
    <a class="skip" href="#composer" onClick=${(/** @type {Event} */ event) => (event.preventDefault(), toComposer())}>${t.skip}</a>
    <nav class="side" id="rooms" aria-label=${t.rooms}>${h(RoomList, { session, close, changeName })}</nav>
    <main class="main" inert=${drawer !== ''}>
      <header class="bar">
        <button type="button" class="icon-button only-narrow" aria-label=${t.openRooms} onClick=${openRooms}>${h(Icon, { name: 'menu' })}</button>
        <h1>${view ? html`<span class="hash" aria-hidden="true">#</span><bdi>${view.name}</bdi>` : t.app}</h1>
        ${view && h(PeopleButton, { count: view.people.value.count, open: () => open('people') })}
      </header>
      ${h(Banner, { session })}
      ${view
        ? html`${h(MessageList, { key: view.name, view, connected, toComposer })} ${h(Typing, { view })}
            ${h(Composer, { key: `composer ${view.name}`, view, field })} ${h(Announcer, { key: `news ${view.name}`, view })}
            ${view.own.asking.value && h(DeleteDialog, { own: view.own, line: view.own.asking.value })}`
        : html`<p class="nowhere">${t.nowhere}</p>`}
    </main>
    ${view && html`<aside class="side people-side" id="people" aria-label=${t.people}>${h(People, { view, connected, close })}</aside>`}
    <div class="scrim" onClick=${close} />
  </div>`;
}

/** @param {{ count: number, open: () => void }} props */
function PeopleButton({ count, open }) {
  return html`<button type="button" class="icon-button people-button" aria-label=${`${t.openPeople}: ${t.peopleCount(count)}`} onClick=${open}>
    ${h(Icon, { name: 'people' })}<span>${count}</span>
  </button>`;
}
