// One row of the list.

import { h, html, memo } from '../lib/dom.mjs';
import { briefTime, clockTime, fullTime, isoTime } from '../lib/format.mjs';
import { t } from '../i18n/en.mjs';
import { Avatar } from './Avatar.mjs';
import { Outcome } from './Outcome.mjs';
import { Text } from './Text.mjs';

/** @param {{ at: number, gutter?: boolean }} props */
function Time({ at, gutter }) {
  const name = gutter ? 'time gutter' : 'time';
  return html`<time class=${name} datetime=${isoTime(at)} title=${fullTime(at)}>${gutter ? briefTime(at) : clockTime(at)}</time>`;
}

/** @param {{ line: import('../state/rows.mjs').Line, reachable: boolean }} props */
function Words({ line, reachable }) {
  if (line.deleted) return html`<div class="text quiet">${t.deleted}</div>`;
  const edited = line.edited && html` <span class="edited">${t.edited}</span>`;
  return html`<div class="text" dir="auto">${h(Text, { content: line.content, reachable })}${edited}</div>`;
}

/**
 * @typedef {object} Props
 * @property {import('../state/rows.mjs').Line} line
 * @property {boolean} head
 * @property {boolean} active the row the arrow keys stand on
 * @property {boolean} connected
 * @property {import('../state/rows.mjs').Unsent | undefined} unsent
 * @property {import('../room-view.mjs').RoomView} view
 */
export const Message = memo(
  /** @param {Props} props */
  ({ line, head, active, connected, unsent, view }) => {
    const state = !unsent ? 'sent' : unsent.status === 'failed' ? 'failed' : 'pending';
    return html`
      <article
        class=${`line ${state}${head ? ' head' : ''}`}
        data-row=${line.key}
        tabindex=${active ? 0 : -1}
        aria-label=${t.rowLabel(line.user, clockTime(line.at), line.deleted ? t.deleted : line.content, t.rowState[state])}
      >
        ${head ? h(Avatar, { name: line.user }) : h(Time, { at: line.at, gutter: true })}
        <div class="body">
          ${head && html`<div class="by"><bdi class="user">${line.user}</bdi> ${h(Time, { at: line.at })}</div>`}
          ${h(Words, { line, reachable: active })}
          ${unsent && h(Outcome, { unsent, connected, view })}
        </div>
      </article>
    `;
  },
);
