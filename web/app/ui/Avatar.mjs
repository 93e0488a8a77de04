// Coloured initials: no picture is ever fetched.

import { html } from '../lib/dom.mjs';
import { hueOf, initialsOf } from '../state/names.mjs';

/** @param {{ name: string, small?: boolean }} props */
export function Avatar({ name, small }) {
  return html`<span class=${`avatar hue-${hueOf(name)}${small ? ' avatar-small' : ''}`} aria-hidden="true">${initialsOf(name)}</span>`;
}
