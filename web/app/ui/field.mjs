// What the fields for longer text have in common: the composer, and the editor of a message.

import { t } from '../i18n/en.mjs';

export const touch = matchMedia('(pointer: coarse)');

/** As high as its text, up to what the style sheet allows. @param {HTMLTextAreaElement} field */
export function grow(field) {
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
}

/** Enter, and not one that begins a line or ends a composed character. @param {KeyboardEvent} event */
export function isFinish(event) {
  return event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229 && !touch.matches;
}

/** May this be sent? @param {import('../state/length.mjs').Length} length */
export const isSendable = ({ state }) => state !== 'empty' && state !== 'over';

/** @param {import('../state/length.mjs').Length} length */
export const tooLong = ({ left }) => (left < 0 ? t.over(-left) : t.overBytes);
