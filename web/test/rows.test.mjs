import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GROUP_MS, rowsOf } from '../app/state/rows.mjs';

const noon = new Date(2026, 5, 10, 12).getTime();
const line = (seq, user, at) => ({ key: `s${seq}`, seq, user, content: 'x', at });
const unsent = (nonce, at) => ({ nonce, content: nonce, createdAt: at, status: 'queued', notBefore: 0 });
const shape = (rows) => rows.map((row) => (row.type === 'line' ? `${row.key}${row.head ? '*' : ''}` : row.type));

test('11: one sender within five minutes is one group', () => {
  const lines = [line(1, 'ann', noon), line(2, 'ann', noon + GROUP_MS), line(3, 'ann', noon + 2 * GROUP_MS + 1), line(4, 'bob', noon + 2 * GROUP_MS + 2)];
  assert.deepEqual(shape(rowsOf({ lines, gaps: [] }, [], 'ann')), ['day', 's1*', 's2', 's3*', 's4*']);
});

test('12: a day separator stands before the first message of each local day and begins a group', () => {
  const midnight = new Date(2026, 5, 11).getTime();
  const lines = [line(1, 'ann', midnight - 1000), line(2, 'ann', midnight + 1000)];
  assert.deepEqual(shape(rowsOf({ lines, gaps: [] }, [], 'ann')), ['day', 's1*', 'day', 's2*']);
});

test('19: what is not sent yet stands at the end, in order, grouped with our own', () => {
  const rows = rowsOf({ lines: [line(1, 'ann', noon)], gaps: [] }, [unsent('a', noon + 1000), unsent('b', noon + 2000)], 'ann');
  assert.deepEqual(shape(rows), ['day', 's1*', 'na', 'nb']);
});

test('17: a message keeps its row key when it is sent', () => {
  const before = rowsOf({ lines: [], gaps: [] }, [unsent('a', noon)], 'ann');
  const after = rowsOf({ lines: [{ ...line(1, 'ann', noon), key: 'na' }], gaps: [] }, [], 'ann');
  assert.equal(before.at(-1).key, after.at(-1).key);
});

test('29: a gap stands where the messages are missing, also at the end', () => {
  const lines = [line(1, 'ann', noon), line(9, 'ann', noon + 1)];
  assert.deepEqual(shape(rowsOf({ lines, gaps: [{ from: 10, to: 12 }, { from: 2, to: 8 }] }, [], 'ann')), ['day', 's1*', 'gap', 's9*', 'gap']);
});

test('keys are unique', () => {
  const lines = [line(1, 'ann', noon), line(2, 'ann', noon + 86_400_000), line(3, 'ann', noon)];
  const keys = rowsOf({ lines, gaps: [] }, [], 'ann').map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length);
});

test('32: a wish shows at once; a refused one leaves what was there and is told', () => {
  const lines = [line(1, 'ann', noon), line(2, 'ann', noon), line(3, 'ann', noon), line(4, 'ann', noon)];
  const wish = (type, status) => ({ type, status, content: type === 'edit' ? 'new' : '' });
  const wishes = new Map([[1, wish('edit', 'saving')], [2, wish('delete', 'saving')], [3, wish('edit', 'refused')]]);
  const rows = rowsOf({ lines, gaps: [] }, [], 'ann', wishes).filter(({ type }) => type === 'line');
  assert.deepEqual(rows.map((row) => [row.line.content, row.line.deleted, row.wish?.status]), [
    ['new', undefined, 'saving'],
    ['', true, 'saving'],
    ['x', undefined, 'refused'],
    ['x', undefined, undefined],
  ]);
  assert.equal(rows[3].line, lines[3], 'the others keep their objects, and so their rows');
});
