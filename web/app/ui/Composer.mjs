// Where one writes.

import { h, html, useEffect, useLayoutEffect, useState } from '../lib/dom.mjs';
import { recall, remember } from '../lib/storage.mjs';
import { t } from '../i18n/en.mjs';
import { draftOf, keepDraft } from '../state/drafts.mjs';
import { lengthOf } from '../state/length.mjs';
import { grow, isFinish, isSendable, tooLong, touch } from './field.mjs';
import { Icon } from './Icon.mjs';

const memory = { recall, remember };

/** @param {KeyboardEvent} event */
function isPlainUp({ key, shiftKey, ctrlKey, metaKey, altKey, isComposing }) {
  return key === 'ArrowUp' && !(shiftKey || ctrlKey || metaKey || altKey || isComposing);
}

/** @param {{ view: import('../room-view.mjs').RoomView, field: { current: HTMLTextAreaElement | null } }} props */
export function Composer({ view, field }) {
  const [text, setText] = useState(() => draftOf(memory, view.name, Date.now()));
  const [full, setFull] = useState(false);
  const length = lengthOf(text);

  useLayoutEffect(() => {
    if (field.current) grow(field.current);
  }, [text]);
  useEffect(() => {
    if (!touch.matches) field.current?.focus();
  }, []);

  /** @param {string} next */
  const write = (next) => {
    setText(next);
    keepDraft(memory, view.name, next, Date.now());
  };
  const send = () => {
    if (!isSendable(length)) return;
    try {
      view.send(text.trim());
      write('');
      setFull(false);
    } catch {
      setFull(true);
    }
    field.current?.focus();
  };
  /** @param {InputEvent} event */
  const onInput = (event) => {
    const { value } = /** @type {HTMLTextAreaElement} */ (event.target);
    write(value);
    if (value.trim() !== '') view.room.typing();
  };
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (isFinish(event)) {
      event.preventDefault();
      send();
    } else if (isPlainUp(event) && text === '' && view.own.editLast()) event.preventDefault();
  };
  /** @param {Event} event */
  const onSubmit = (event) => {
    event.preventDefault();
    send();
  };
  const label = t.message(view.name);

  return html`
    <form class=${`composer is-${length.state}`} onSubmit=${onSubmit}>
      <div class="composer-box">
        <textarea
          ref=${field}
          id="composer"
          rows="1"
          dir="auto"
          placeholder=${label}
          aria-label=${label}
          aria-describedby="composer-hint"
          aria-invalid=${length.state === 'over'}
          enterkeyhint=${touch.matches ? 'enter' : 'send'}
          autocomplete="off"
          value=${text}
          onInput=${onInput}
          onKeyDown=${onKeyDown}
        ></textarea>
        <button type="submit" class="send" aria-label=${t.send} title=${t.send} aria-disabled=${!isSendable(length)}>
          ${h(Icon, { name: 'send' })}
        </button>
      </div>
      <p class="composer-hint" id="composer-hint">${h(Hint, { length, full })}</p>
    </form>
  `;
}

/** @param {{ length: import('../state/length.mjs').Length, full: boolean }} props */
function Hint({ length, full }) {
  if (full) return html`<span class="bad" role="alert">${t.outboxFull}</span>`;
  if (length.state === 'over') return html`<span class="bad" role="alert">${tooLong(length)}</span>`;
  return length.state === 'near' ? t.left(length.left) : html`<span class="keys">${t.composerHint}</span>`;
}
