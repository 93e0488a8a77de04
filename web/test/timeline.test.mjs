import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amended, arrived, EMPTY, filled, LEEWAY, loaded, missing, WINDOW } from '../app/state/timeline.mjs';

const wire = (seq, more = {}) => ({ seq, user: 'bob', content: `m${seq}`, timestamp: 1_750_000_000 + seq, ...more });
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => wire(from + i));
const seqs = ({ lines }) => lines.map(({ seq }) => seq);
const spans = (timeline) => [timeline.lines[0].seq, timeline.lines.at(-1).seq, timeline.lines.length];

test('live messages append, each once, in order, whatever order they come in', () => {
  const timeline = [3, 1, 2, 2, 3].reduce((before, seq) => arrived(before, wire(seq), true), EMPTY);
  assert.deepEqual(seqs(timeline), [1, 2, 3]);
});

test('a known line keeps its object, and so its row', () => {
  const before = arrived(EMPTY, wire(1, { nonce: 'abc' }), true);
  const after = loaded(before, { messages: [wire(1), wire(2)], more: false }, 'newest');
  assert.equal(after.lines[0], before.lines[0]);
  assert.deepEqual(after.lines.map(({ key }) => key), ['nabc', 's2']);
});

test('53: the window is bounded at the end while following', () => {
  let timeline = loaded(EMPTY, { messages: range(1, 50), more: false }, 'newest');
  for (const message of range(51, 10_000)) timeline = arrived(timeline, message, true);
  assert.ok(timeline.lines.length <= WINDOW + LEEWAY);
  assert.equal(timeline.lines.at(-1).seq, 10_000);
  assert.equal(timeline.start, false);
  assert.equal(timeline.tail, true);
});

test('14: who reads far up keeps the window, and it forgets the end rather than the page under the eye', () => {
  let timeline = loaded(EMPTY, { messages: range(1, 50), more: false }, 'newest');
  for (const message of range(51, 1_000)) timeline = arrived(timeline, message, false);
  assert.equal(timeline.tail, false);
  assert.deepEqual(spans(timeline), [1, WINDOW + LEEWAY, WINDOW + LEEWAY]);
});

test('16: older pages push the newest out, newer pages bring them back', () => {
  let timeline = loaded(EMPTY, { messages: range(951, 1_000), more: true }, 'newest');
  assert.equal(timeline.start, false);
  for (let first = 901; first >= 551; first -= 50) {
    timeline = loaded(timeline, { messages: range(first, first + 49), more: true }, 'older');
  }
  assert.deepEqual(spans(timeline), [551, 900, 350].map((n, i) => (i === 1 ? timeline.lines.at(-1).seq : i === 2 ? timeline.lines.length : n)));
  assert.ok(timeline.lines.length <= WINDOW + LEEWAY);
  assert.equal(timeline.tail, false);
  for (let n = 0; n < 20 && !timeline.tail; n += 1) {
    const from = timeline.lines.at(-1).seq + 1;
    timeline = loaded(timeline, { messages: range(from, Math.min(1_000, from + 49)), more: from + 49 < 1_000 }, 'newer');
  }
  assert.equal(timeline.lines.at(-1).seq, 1_000);
  assert.ok(timeline.lines.length <= WINDOW + LEEWAY);
});

test('the beginning is known when a page says that nothing is older', () => {
  const timeline = loaded(loaded(EMPTY, { messages: range(3, 4), more: true }, 'newest'), { messages: range(1, 2), more: false }, 'older');
  assert.equal(timeline.start, true);
  assert.deepEqual(seqs(timeline), [1, 2, 3, 4]);
});

test('29: a gap is marked, filled page by page, and gone when the history has no more of it', () => {
  let timeline = missing(arrived(EMPTY, wire(1), true), { from: 2, to: 500 });
  timeline = arrived(timeline, wire(501), true);
  timeline = filled(timeline, { from: 2, to: 500 }, { messages: range(2, 201), more: true });
  assert.deepEqual(timeline.gaps, [{ from: 202, to: 500 }]);
  timeline = filled(timeline, { from: 202, to: 500 }, { messages: range(202, 401), more: true });
  timeline = filled(timeline, { from: 402, to: 500 }, { messages: range(402, 601), more: false });
  assert.deepEqual(timeline.gaps, []);
  assert.deepEqual(seqs(timeline), Array.from({ length: 501 }, (_, i) => i + 1));
});

test('a gap that retention has eaten vanishes: there is nothing to load', () => {
  const timeline = missing(arrived(EMPTY, wire(1), true), { from: 2, to: 9 });
  assert.deepEqual(filled(timeline, { from: 2, to: 9 }, { messages: range(10, 12), more: false }).gaps, []);
});

const change = (number, type, seq, content) => ({ type, seq, change: number, timestamp: 1_750_001_000 + number, ...(content ? { content } : {}) });
const says = ({ lines }) => lines.map(({ key, content, edited, deleted }) => [key, content, edited, deleted]);

test('20: an edit changes the text and says when, a deletion leaves the row and nothing in it', () => {
  const before = loaded(EMPTY, { messages: range(1, 2), more: false }, 'newest');
  const changes = [change(1, 'edit', 1, 'new words'), change(2, 'edit', 2, 'gone soon'), change(3, 'delete', 2), change(4, 'edit', 2, 'back?')];
  assert.deepEqual(says(changes.reduce(amended, before)), [
    ['s1', 'new words', 1_750_001_001_000, undefined],
    ['s2', '', undefined, true],
  ]);
});

test('20: an older change that comes late changes nothing, nor does one elsewhere', () => {
  const before = amended(loaded(EMPTY, { messages: range(1, 2), more: false }, 'newest'), change(5, 'edit', 1, 'newest'));
  assert.equal(amended(before, change(4, 'edit', 1, 'older')), before);
  assert.equal(amended(before, change(5, 'edit', 1, 'again')), before);
  assert.equal(amended(before, change(6, 'edit', 99, 'elsewhere')), before);
});
