// The messages of the room on screen.

import { h, html, useEffect, useLayoutEffect, useRef, useState } from '../lib/dom.mjs';
import { dayName } from '../lib/format.mjs';
import { t } from '../i18n/en.mjs';
import { EmptyRoom } from './EmptyRoom.mjs';
import { Icon } from './Icon.mjs';
import { Message } from './Message.mjs';
import { moveOf } from './rows-keys.mjs';
import { ScrollKeeper } from './scroll.mjs';

/** @typedef {import('../room-view.mjs').RoomView} RoomView */
/** @typedef {import('../state/rows.mjs').Row} Row */

/** @param {{ view: RoomView, connected: boolean, toComposer: () => void }} props */
export function MessageList({ view, connected, toComposer }) {
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const content = useRef(/** @type {HTMLElement | null} */ (null));
  const keeper = useRef(/** @type {ScrollKeeper | null} */ (null));
  const [chosen, choose] = useState(/** @type {string | null} */ (null));
  const [away, setAway] = useState(false);
  const rows = view.rows.value;
  const editing = view.own.editing.value?.seq;
  const active = activeKey(rows, chosen);

  useEffect(() => {
    if (!list.current || !content.current) return undefined;
    const made = new ScrollKeeper(list.current, content.current, {
      follows(following) {
        view.following = following;
        if (following) view.unseen.value = 0;
        setAway(!following);
      },
      nearStart: () => void view.load('older'),
      nearEnd: () => void view.load('newer'),
    });
    keeper.current = made;
    view.following = true;
    made.toEnd();
    return () => made.dispose();
  }, [view]);

  keeper.current?.hold(editing !== undefined);
  keeper.current?.capture();
  useLayoutEffect(() => {
    if (view.following) keeper.current?.toEnd();
    else keeper.current?.settle();
  }, [rows, editing]);

  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (event.key === 'Escape') return toComposer();
    if (event.key === 'Enter') return openActions(event);
    const node = moveOf(event, list.current);
    if (!node) return;
    event.preventDefault();
    choose(node.dataset['row'] ?? null);
    node.focus();
  };
  /** @param {FocusEvent} event */
  const onFocusIn = (event) => {
    const row = /** @type {HTMLElement} */ (event.target).closest('[data-row]');
    if (row instanceof HTMLElement) choose(row.dataset['row'] ?? null);
  };
  const toLatest = async () => {
    await view.toLatest();
    keeper.current?.toEnd();
    toComposer();
  };

  return html`
    <div class="timeline">
      <div class="scroller" ref=${list} role="log" aria-live="off" aria-label=${t.messages(view.name)} onKeyDown=${onKeyDown} onFocusIn=${onFocusIn}>
        <div class="rows" ref=${content}>
          ${h(Top, { view })} ${rows.map((row) => rowOf(row, { view, connected, toComposer, active: row.key === active }))}
        </div>
      </div>
      <p class="sr-only" id="row-hint">${t.rowHint}</p>
      ${(away || !view.timeline.value.tail) && h(Latest, { unseen: view.unseen.value, go: toLatest })}
    </div>
  `;
}

/** @param {readonly Row[]} rows @param {string | null} chosen @returns {string | undefined} */
function activeKey(rows, chosen) {
  const lines = rows.filter((row) => row.type === 'line');
  return (lines.find(({ key }) => key === chosen) ?? lines.at(-1))?.key;
}

/** Enter on a row of our own. @param {KeyboardEvent} event */
function openActions(event) {
  const row = /** @type {HTMLElement} */ (event.target);
  if (!row.matches('[data-row]')) return;
  event.preventDefault();
  /** @type {HTMLElement | null} */ (row.querySelector('.actions button'))?.focus();
}

/** @param {Row} row @param {{ view: RoomView, connected: boolean, toComposer: () => void, active: boolean }} list */
function rowOf(row, { view, connected, toComposer, active }) {
  if (row.type === 'day') {
    return html`<div class="day" key=${row.key} role="separator" aria-label=${dayName(row.at)}><span aria-hidden="true">${dayName(row.at)}</span></div>`;
  }
  if (row.type === 'gap') {
    return html`<div class="gap" key=${row.key}>
      <span>${t.gap}</span> <button type="button" class="link" onClick=${() => view.fill(row.gap)}>${t.gapLoad}</button>
    </div>`;
  }
  const { line, head, unsent, wish } = row;
  const editing = !line.deleted && view.own.editing.value?.seq === line.seq;
  return h(Message, { key: row.key, line, head, unsent, wish, view, editing, toComposer, connected: unsent || wish ? connected : true, active });
}

/** What stands above the first message. @param {{ view: RoomView }} props */
function Top({ view }) {
  const { start, lines } = view.timeline.value;
  const refused = view.refused.value;
  if (refused) return html`<p class="notice" role="alert">${t.roomError[refused] ?? t.roomFailed}</p>`;
  if (view.broken.value) {
    return html`<p class="notice">${t.loadFailed} <button type="button" class="link" onClick=${() => view.again()}>${t.tryAgain}</button></p>`;
  }
  if (!view.ready.value) return html`<p class="notice quiet">${t.loading}</p>`;
  if (lines.length === 0) return view.unsent.value.length === 0 ? h(EmptyRoom, { view }) : null;
  if (start) return html`<p class="beginning">${t.start(view.name)}</p>`;
  return html`<p class="notice quiet">${view.loading.value === 'older' ? t.loadingOlder : ''}</p>`;
}

/** @param {{ unseen: number, go: () => void }} props */
function Latest({ unseen, go }) {
  return html`<button type="button" class=${`latest${unseen > 0 ? ' fresh' : ''}`} onClick=${go}>
    ${h(Icon, { name: 'down' })}${unseen > 0 ? t.newMessages(unseen) : t.latest}
  </button>`;
}
