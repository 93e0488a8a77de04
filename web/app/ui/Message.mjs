// One row of the list.

import { h, html, memo, useState } from '../lib/dom.mjs';
import { briefTime, clockTime, fullTime, isoTime } from '../lib/format.mjs';
import { t } from '../i18n/en.mjs';
import { Actions } from './Actions.mjs';
import { Avatar } from './Avatar.mjs';
import { Editor } from './Editor.mjs';
import { Outcome, WishOutcome } from './Outcome.mjs';
import { Text } from './Text.mjs';

/** @param {{ at: number, gutter?: boolean }} props */
function Time({ at, gutter }) {
  const name = gutter ? 'time gutter' : 'time';
  return html`<time class=${name} datetime=${isoTime(at)} title=${fullTime(at)}>${gutter ? briefTime(at) : clockTime(at)}</time>`;
}

/** @param {{ line: Line, reachable: boolean }} props */
function Words({ line, reachable }) {
  if (line.deleted) return html`<div class="text quiet">${t.deleted}</div>`;
  return html`<div class="text" dir="auto">${h(Text, { content: line.content, reachable })}</div>
    ${line.edited && h(Edited, { at: line.edited })}`;
}

/** @param {{ at: number }} props */
function Edited({ at }) {
  return html`<span class="edit-mark" title=${fullTime(at)}>${t.edited} <time datetime=${isoTime(at)}>${clockTime(at)}</time></span>`;
}

/** @param {Pick<Props, 'line' | 'unsent' | 'wish'>} row @returns {keyof typeof t.rowState} */
function stateOf({ line, unsent, wish }) {
  if (unsent) return unsent.status === 'failed' ? 'failed' : 'pending';
  if (wish?.status === 'saving') return wish.type === 'edit' ? 'saving' : 'deleting';
  return line.edited ? 'edited' : 'sent';
}

/** @typedef {import('../state/rows.mjs').Line} Line */
/**
 * @typedef {object} Props
 * @property {Line} line
 * @property {boolean} head
 * @property {boolean} active the row the arrow keys stand on
 * @property {boolean} editing
 * @property {boolean} connected
 * @property {import('../state/rows.mjs').Unsent | undefined} unsent
 * @property {import('../state/rows.mjs').Wish | undefined} wish
 * @property {import('../room-view.mjs').RoomView} view
 * @property {() => void} toComposer
 */
export const Message = memo(
  /** @param {Props} props */
  ({ line, head, active, editing, connected, unsent, wish, view, toComposer }) => {
    const [pointed, point] = useState(false);
    const state = stateOf({ line, unsent, wish });
    const changeable = line.user === view.me() && !unsent && !line.deleted && !editing && wish?.status !== 'saving';
    return html`
      <article
        class=${`line ${state}${head ? ' head' : ''}`}
        data-row=${line.key}
        tabindex=${active ? 0 : -1}
        aria-label=${t.rowLabel(line.user, clockTime(line.at), line.deleted ? t.deleted : line.content, t.rowState[state])}
        aria-describedby=${changeable ? 'row-hint' : undefined}
        onPointerEnter=${() => point(true)}
        onPointerLeave=${() => point(false)}
      >
        ${head ? h(Avatar, { name: line.user }) : h(Time, { at: line.at, gutter: true })}
        <div class="body">
          ${head && html`<div class="by"><bdi class="user">${line.user}</bdi> ${h(Time, { at: line.at })}</div>`}
          ${editing ? h(Editor, { view, line, toComposer }) : h(Words, { line, reachable: active })}
          ${unsent && h(Outcome, { unsent, connected, view })} ${wish && h(WishOutcome, { wish, line, connected, own: view.own })}
        </div>
        ${changeable && (active || pointed) && h(Actions, { own: view.own, line })}
      </article>
    `;
  },
);
