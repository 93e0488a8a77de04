// The small pure parts: names, lengths, people, typing, drafts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draftOf, keepDraft } from '../app/state/drafts.mjs';
import { lengthOf, MAX_CHARS } from '../app/state/length.mjs';
import { hueOf, initialsOf, plainName, roomFault, roomOf, userFault, userOf } from '../app/state/names.mjs';
import { changed, NOBODY, ordered } from '../app/state/people.mjs';
import { expired, stopped, typed, TYPING_MS } from '../app/state/typing.mjs';
import { t } from '../app/i18n/en.mjs';

test('names: what is typed becomes a name, or a reason why not', () => {
  assert.equal(userOf('  Zoe\u0308 '), 'Zoë');
  assert.equal(userFault(''), 'empty');
  assert.equal(userFault('x'.repeat(33)), 'long');
  assert.equal(userFault('世'.repeat(32)), null);
  for (const bad of ['a\u200bb', 'a\u202eb', 'a\u0000b', 'a\nb', 'a\u2028b', 'ann lee', '😀', 'a\u00a0b']) assert.equal(userFault(bad), 'chars', JSON.stringify(bad));
  for (const good of ['ann', "o'neil", 'Çiğdem', '<b>', 'हिन्दी', '٣']) assert.equal(userFault(good), null, good);
  assert.equal(plainName('Ann Lee 😀'), 'Ann-Lee-');
  assert.equal(plainName('😀'), '');
  assert.equal(roomOf(' #My Room '), 'my-room');
  assert.equal(roomOf('Général'), 'général');
  for (const good of ['general', 'a.b-c_d', '日本', 'général', '7']) assert.equal(roomFault(good), null, good);
  for (const bad of ['a/b', 'a b', '..', '.', 'a?b', 'a#b', '<b>', '😀']) assert.equal(roomFault(bad), 'chars', bad);
  assert.equal(roomFault('é'.repeat(33)), 'long');
});

test('avatars: initials and a colour that never changes', () => {
  assert.equal(initialsOf('ann lee'), 'AL');
  assert.equal(initialsOf('ann'), 'A');
  assert.equal(initialsOf('çiğdem'), 'Ç');
  assert.equal(initialsOf('ann_b-c'), 'AB');
  assert.equal(hueOf('ann'), hueOf('ann'));
  const hues = new Set(Array.from({ length: 200 }, (_, i) => hueOf(`user${i}`)));
  assert.equal(hues.size, 12);
});

test('37: the length is counted as the server counts it', () => {
  assert.equal(lengthOf(' \n ').state, 'empty');
  assert.equal(lengthOf('hi').state, 'fine');
  assert.deepEqual(lengthOf('x'.repeat(MAX_CHARS - 400)), { state: 'near', left: 400 });
  assert.deepEqual(lengthOf(` ${'x'.repeat(MAX_CHARS)} `), { state: 'near', left: 0 });
  assert.deepEqual(lengthOf('x'.repeat(MAX_CHARS + 1)), { state: 'over', left: -1 });
  assert.deepEqual(lengthOf('😀'.repeat(MAX_CHARS)), { state: 'near', left: 0 });
});

test('39, 40: one entry per person, ourselves first', () => {
  const people = { users: ['ann', 'bob', 'cy'], count: 3 };
  assert.deepEqual(ordered(people, 'bob'), ['bob', 'ann', 'cy']);
  assert.deepEqual(changed(people, ['bob'], []), people);
  assert.deepEqual(changed(people, ['dora'], ['ann']), { users: ['bob', 'cy', 'dora'], count: 3 });
  assert.deepEqual(changed(people, [], ['nobody']), people);
  assert.deepEqual(changed(NOBODY, ['ann'], [], 900), { users: ['ann'], count: 900 });
});

test('34: typing ends by itself, or with the message', () => {
  const typing = typed(typed(new Map(), 'ann', 0), 'bob', 1_000);
  assert.deepEqual([...expired(typing, TYPING_MS).keys()], ['bob']);
  assert.equal(expired(typing, 10), typing);
  assert.deepEqual([...stopped(typing, 'bob').keys()], ['ann']);
  assert.equal(stopped(typing, 'cy'), typing);
  assert.equal(t.typing(['ann']), 'ann is typing…');
  assert.equal(t.typing(['ann', 'bob', 'cy']), 'ann, bob, and cy are typing…');
  assert.equal(t.typing(['a', 'b', 'c', 'd']), 'Several people are typing…');
});

test('33: a draft is kept per room for thirty days, and junk is no draft', () => {
  const items = new Map();
  const memory = { recall: (key) => items.get(key) ?? null, remember: (key, value) => void (value === null ? items.delete(key) : items.set(key, value)) };
  keepDraft(memory, 'general', 'half a', 1_000);
  keepDraft(memory, 'other', 'x', 1_000);
  assert.equal(draftOf(memory, 'general', 2_000), 'half a');
  assert.equal(draftOf(memory, 'general', 31 * 86_400_000), '');
  keepDraft(memory, 'general', '  ', 2_000);
  assert.equal(draftOf(memory, 'general', 2_000), '');
  items.set('draft.other', '{"text":7}');
  assert.equal(draftOf(memory, 'other', 2_000), '');
  items.set('draft.other', '{');
  assert.equal(draftOf(memory, 'other', 2_000), '');
});
