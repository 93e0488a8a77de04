// Finds links in a message. Text in, tokens out; whoever renders makes text nodes of them. Pure.

/** @typedef {{ type: 'text', text: string } | { type: 'link', text: string, href: string }} Token */

const CANDIDATE = /\b(?:https?:\/\/|mailto:)[^\s<>"'`\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+/giu;
const SCHEMES = new Set(['http:', 'https:', 'mailto:']);
const PAIRS = Object.freeze({ ')': '(', ']': '[', '}': '{' });

/** @param {string} content @returns {Token[]} */
export function tokens(content) {
  /** @type {Token[]} */
  const out = [];
  let end = 0;
  for (const match of content.matchAll(CANDIDATE)) {
    const text = trimmed(match[0]);
    const href = safe(text);
    if (!href) continue;
    if (match.index > end) out.push({ type: 'text', text: content.slice(end, match.index) });
    out.push({ type: 'link', text, href });
    end = match.index + text.length;
  }
  if (end < content.length) out.push({ type: 'text', text: content.slice(end) });
  return out;
}

/** A full stop or a bracket behind a link belongs to the sentence, unless the link opened that bracket. @param {string} text */
function trimmed(text) {
  /** How many closing brackets of each kind have no opening one. @type {Record<string, number>} */
  const unopened = {};
  for (const [closer, opener] of Object.entries(PAIRS)) unopened[closer] = count(text, closer) - count(text, opener);
  let end = text.length;
  for (; end > 0; end -= 1) {
    const last = text.charAt(end - 1);
    const extra = unopened[last] ?? 0;
    if (extra > 0) unopened[last] = extra - 1;
    else if (!/[.,:;!?*_~]/.test(last)) break;
  }
  return text.slice(0, end);
}

/** @param {string} text @param {string} char */
function count(text, char) {
  return text.split(char).length - 1;
}

/** @param {string} text @returns {string | null} */
function safe(text) {
  try {
    const url = new URL(text);
    const empty = url.protocol === 'mailto:' ? !url.pathname.includes('@') : url.hostname === '';
    return SCHEMES.has(url.protocol) && !empty ? url.href : null;
  } catch {
    return null;
  }
}
