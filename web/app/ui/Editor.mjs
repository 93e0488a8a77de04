// In the place of one of our messages' text while it is edited.

import { h, html, useEffect, useLayoutEffect, useRef } from '../lib/dom.mjs';
import { t } from '../i18n/en.mjs';
import { lengthOf } from '../state/length.mjs';
import { grow, isFinish, isSendable, tooLong, touch } from './field.mjs';
import { useFocusBack } from './focus.mjs';

/** @typedef {import('../state/timeline.mjs').Line} Line */

/** @param {{ view: import('../room-view.mjs').RoomView, line: Line, toComposer: () => void }} props */
export function Editor({ view, line, toComposer }) {
  const { own } = view;
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const text = own.draft.value;
  const length = lengthOf(text);
  const from = own.editing.peek()?.from;

  useFocusBack(form, (row) => (from === 'composer' ? toComposer() : row?.focus()));
  useEffect(() => {
    field.current?.focus({ preventScroll: true });
    field.current?.setSelectionRange(text.length, text.length);
  }, []);
  useLayoutEffect(() => {
    if (field.current) grow(field.current);
  }, [text]);
  useEffect(() => form.current?.scrollIntoView({ block: 'nearest' }), [text]);

  /** @param {Event} event */
  const onSubmit = (event) => {
    event.preventDefault();
    if (isSendable(length)) own.save(line);
  };
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    event.stopPropagation();
    if (event.key === 'Escape' && !event.isComposing) own.cancel();
    if (isFinish(event) && event.target === field.current) onSubmit(event);
  };

  return html`<form class=${`editor is-${length.state}`} ref=${form} onSubmit=${onSubmit} onKeyDown=${onKeyDown}>
    <textarea
      ref=${field}
      rows="1"
      dir="auto"
      aria-label=${t.editing}
      aria-describedby="editor-hint"
      aria-invalid=${length.state === 'over'}
      enterkeyhint=${touch.matches ? 'enter' : 'done'}
      autocomplete="off"
      value=${text}
      onInput=${(/** @type {Event} */ event) => (own.draft.value = /** @type {HTMLTextAreaElement} */ (event.target).value)}
    ></textarea>
    <div class="editor-foot">
      <p class="editor-hint" id="editor-hint">${h(Hint, { length })}</p>
      <button type="button" class="button small" onClick=${() => own.cancel()}>${t.cancel}</button>
      <button type="submit" class="button small primary" aria-disabled=${!isSendable(length)}>${t.save}</button>
    </div>
  </form>`;
}

/** @param {{ length: import('../state/length.mjs').Length }} props */
function Hint({ length }) {
  if (length.state === 'over') return html`<span class="bad" role="alert">${tooLong(length)}</span>`;
  return length.state === 'near' ? t.left(length.left) : html`<span class="keys">${t.editorHint}</span>`;
}
