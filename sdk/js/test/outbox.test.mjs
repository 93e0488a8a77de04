import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMIT } from '../src/outbox.mjs';
import { inRoom, kit, message, settle } from './kit.mjs';

const statuses = (room) => room.outgoing().map(({ status }) => status);
const contents = (frames) => frames.map(({ content }) => content);

test('one message per room is on its way; the ack lets the next go', async () => {
  const { last, room } = await inRoom();
  for (const text of ['a', 'b', 'c']) room.send(text);
  assert.deepEqual(contents(last().of('message')), ['a']);
  last().ack(last().of('message')[0], 1);
  assert.deepEqual(contents(last().of('message')), ['a', 'b']);
  last().tell(message(2, { user: 'ann', nonce: last().of('message')[1].nonce, content: 'b' }));
  assert.deepEqual(contents(last().of('message')), ['a', 'b', 'c'], 'the echo is as good as the ack');
  assert.deepEqual(statuses(room), ['sending']);
});

test('two rooms do not wait for each other', async () => {
  const { client, last, room } = await inRoom();
  const other = client.room('other');
  other.attach();
  last().joined('other');
  room.send('a');
  other.send('b');
  assert.deepEqual(contents(last().of('message')), ['a', 'b']);
});

test('written offline: kept, and sent in order once the room is joined again, not before', async () => {
  const { clock, last, room } = await inRoom();
  last().end();
  for (const text of ['a', 'b', 'c']) room.send(text);
  assert.deepEqual(statuses(room), ['queued', 'queued', 'queued']);
  await clock.advance(500);
  last().hello();
  assert.equal(last().of('message').length, 0);
  last().joined('general', { recovered: true });
  for (let i = 0; i < 3; i += 1) last().ack(last().of('message')[i], i + 1);
  assert.deepEqual(contents(last().of('message')), ['a', 'b', 'c']);
  assert.deepEqual(room.outgoing(), []);
});

test('no ack means unknown: the same nonce goes again over the next connection, first', async () => {
  const { clock, last, room } = await inRoom();
  room.send('a');
  room.send('b');
  const { nonce } = last().of('message')[0];
  last().end();
  await clock.advance(500);
  last().hello();
  last().joined('general', { recovered: true });
  assert.deepEqual(last().of('message').map((frame) => [frame.nonce, frame.content]), [[nonce, 'a']]);
});

test('an ack overdue by 10 s: the connection is probed and the message repeated with its nonce', async () => {
  const { clock, last, room } = await inRoom();
  room.send('a');
  await clock.advance(9_900);
  assert.equal(last().of('message').length, 1);
  await clock.advance(200);
  assert.equal(last().of('ping').length, 1);
  const [first, second] = last().of('message');
  assert.equal(first.nonce, second.nonce);
  last().tell({ type: 'pong' });
  last().ack(second, 1);
  assert.deepEqual(room.outgoing(), []);
});

test('rate limited: waits as long as the server said, and nothing overtakes it', async () => {
  const { clock, last, room } = await inRoom();
  room.send('a');
  room.send('b');
  const [{ id }] = last().of('message');
  last().tell({ type: 'error', id, room: 'general', code: 'rate_limited', message: 'Rate limited', temporary: true, retry_after_ms: 2_000 });
  assert.equal(room.outgoing()[0].error.code, 'rate_limited');
  await clock.advance(1_900);
  assert.deepEqual(contents(last().of('message')), ['a']);
  await clock.advance(200);
  assert.deepEqual(contents(last().of('message')), ['a', 'a']);
  last().ack(last().of('message')[1], 1);
  assert.deepEqual(contents(last().of('message')), ['a', 'a', 'b']);
});

test('refused for good: failed, the next goes on, retry keeps the nonce, cancel forgets', async () => {
  const { last, room } = await inRoom();
  const [a] = [room.send('a'), room.send('b')];
  last().tell({ type: 'error', id: a.nonce, room: 'general', code: 'forbidden', message: 'no', temporary: false });
  assert.deepEqual(statuses(room), ['failed', 'sending']);
  last().ack(last().of('message')[1], 1);
  room.retry(a.nonce);
  assert.equal(last().of('message')[2].nonce, a.nonce);
  last().tell({ type: 'error', id: a.nonce, room: 'general', code: 'forbidden', message: 'no', temporary: false });
  room.cancel(a.nonce);
  assert.deepEqual(room.outgoing(), []);
});

test('five minutes without an answer, or a final close: failed, with the reason', async () => {
  const { clock, last, room } = await inRoom();
  last().end();
  room.send('a');
  await clock.advance(301_000);
  assert.deepEqual(room.outgoing().map(({ status, error }) => [status, error.code]), [['failed', 'timeout']]);

  const other = await inRoom();
  other.room.send('a');
  other.last().end(4504, 'kicked');
  assert.deepEqual(other.room.outgoing().map(({ status, error }) => [status, error.code]), [['failed', 'closed']]);
});

test('bounded: one more than the limit is refused at once', async () => {
  const { last, room } = await inRoom();
  last().end();
  for (let i = 0; i < LIMIT; i += 1) room.send(`m${i}`);
  assert.throws(() => room.send('one more'), { code: 'outbox_full' });
});

test('kept over a reload, per sender; what was on its way goes again with its nonce', async () => {
  const { last, room, storage } = await inRoom();
  room.send('a');
  room.send('b');
  const { nonce } = last().of('message')[0];

  const next = kit({ storage });
  assert.deepEqual(next.client.outbox.rooms(), ['general']);
  next.client.room('general').attach();
  next.client.connect();
  next.last().hello();
  next.last().joined('general', { head: 1 });
  await settle();
  assert.equal(next.last().of('message')[0].nonce, nonce);
  next.last().ack(next.last().of('message')[0], 1);
  next.last().ack(next.last().of('message')[1], 2);
  assert.equal(storage.items.size, 0);
});

test('a store that throws costs memory, not messages', async () => {
  const broken = () => {
    throw new Error('quota');
  };
  const { last, room } = await inRoom({ storage: { getItem: broken, setItem: broken, removeItem: broken } });
  room.send('a');
  assert.deepEqual(contents(last().of('message')), ['a']);
});
