// Light, dark, or as the system has it. web/theme.js applies the choice before the first paint.

import { recall, remember } from './lib/storage.mjs';

/** @typedef {'system' | 'light' | 'dark'} Theme */

/** @type {readonly Theme[]} */
const ORDER = ['system', 'light', 'dark'];

/** @returns {Theme} */
export function theme() {
  const saved = recall('theme');
  return saved === 'light' || saved === 'dark' ? saved : 'system';
}

/** @param {Theme} now @returns {Theme} */
export function nextTheme(now) {
  return ORDER[(ORDER.indexOf(now) + 1) % ORDER.length] ?? 'system';
}

/** @param {Theme} next */
export function setTheme(next) {
  remember('theme', next === 'system' ? null : next);
  if (next === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = next;
}
