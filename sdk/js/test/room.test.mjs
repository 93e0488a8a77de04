import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inRoom, kit, message, settle } from './kit.mjs';

test('resume: the next connection continues behind the last message, in the same log', async () => {
  const { clock, last, seqs, heard, room } = await inRoom({ head: 3 });
  assert.deepEqual(last().of('join')[0].resume, undefined);
  last().tell(message(4));
  last().tell(message(5));
  last().end();
  assert.equal(room.state, 'suspended');
  await clock.advance(500);
  last().hello();
  assert.deepEqual(last().of('join')[0].resume, { seq: 5, change: 0, epoch: 'e1' });
  last().joined('general', { head: 7, recovered: true });
  for (const seq of [6, 7]) last().tell(message(seq));
  last().tell({ type: 'caught_up', room: 'general', seq: 7 });
  last().tell(message(8));
  assert.deepEqual(seqs(), [4, 5, 6, 7, 8]);
  assert.deepEqual(heard.filter(([type]) => type === 'gap'), []);
  assert.deepEqual(heard.filter(([type]) => type === 'joined').map(([, { fresh }]) => fresh), [true, false]);
});

test('resume: an empty room has a position too', async () => {
  const { clock, last } = await inRoom({ head: 0 });
  last().end();
  await clock.advance(500);
  last().hello();
  assert.deepEqual(last().of('join')[0].resume, { seq: 0, change: 0, epoch: 'e1' });
});

test('dedupe: a message sent twice is heard once', async () => {
  const { last, seqs } = await inRoom();
  for (const seq of [1, 2, 2, 1, 3, 3]) last().tell(message(seq));
  assert.deepEqual(seqs(), [1, 2, 3]);
});

test('gap: said by the server, or seen in the numbers', async () => {
  const { last, heard, seqs } = await inRoom({ head: 1 });
  last().tell({ type: 'gap', room: 'general', from: 2, to: 4, reason: 'retention' });
  last().tell(message(5));
  last().tell(message(9));
  assert.deepEqual(seqs(), [5, 9]);
  assert.deepEqual(heard.filter(([type]) => type === 'gap').map(([, event]) => event), [
    { from: 2, to: 4, reason: 'retention' },
    { from: 6, to: 8, reason: 'hole' },
  ]);
});

test('reset: told once, whether by joined, by reset, or by both', async () => {
  const { clock, last, heard, room } = await inRoom({ head: 5 });
  last().end();
  await clock.advance(500);
  last().hello();
  last().joined('general', { head: 2, change: 7, epoch: 'e2', recovered: false, reason: 'epoch' });
  last().tell({ type: 'reset', room: 'general', epoch: 'e2', head: 2, change: 7, reason: 'epoch' });
  assert.deepEqual(heard.filter(([type]) => type === 'reset').map(([, event]) => event), [{ head: 2, reason: 'epoch' }]);
  assert.deepEqual(room.position, { seq: 2, change: 7, epoch: 'e2' });
  last().tell({ type: 'reset', room: 'general', epoch: 'e3', head: 0, change: 0, reason: 'restored' });
  assert.equal(heard.filter(([type]) => type === 'reset').length, 2);
});

test('the messages right behind joined are heard, without a pause between the frames', () => {
  const { client, last } = kit();
  const room = client.room('general');
  const seen = [];
  room.on('message', ({ seq }) => seen.push(seq));
  room.on('gap', () => seen.push('gap'));
  room.attach();
  client.connect();
  last().hello();
  last().joined('general', { head: 41 });
  last().tell(message(42));
  last().tell(message(43));
  assert.deepEqual(seen, [42, 43]);
});

test('a room may be refused for good, or for now', async () => {
  const { client, clock, last } = kit();
  const room = client.room('secret');
  const errors = [];
  room.on('error', ({ code }) => errors.push(code));
  room.attach();
  client.connect();
  last().hello();
  const refuse = async (code, more) => {
    last().tell({ type: 'error', id: last().of('join').at(-1).id, room: 'secret', code, message: 'no', ...more });
    await settle();
  };
  await refuse('unavailable', { temporary: true, retry_after_ms: 700 });
  await clock.advance(600);
  assert.equal(last().of('join').length, 1);
  await clock.advance(200);
  assert.equal(last().of('join').length, 2);
  await refuse('forbidden', { temporary: false });
  assert.equal(room.state, 'failed');
  await clock.advance(20_000);
  assert.equal(last().of('join').length, 2);
  assert.deepEqual(errors, ['unavailable', 'forbidden']);
});

test('presence, typing and the like are handed on', async () => {
  const { last, room } = await inRoom();
  const heard = [];
  for (const type of ['presence', 'join', 'leave', 'presence_change', 'typing', 'react', 'read']) room.on(type, (event) => heard.push([type, event]));
  last().tell({ type: 'presence', room: 'general', users: ['ann', 'bob'], count: 2 });
  last().tell({ type: 'join', room: 'general', user: 'cy' });
  last().tell({ type: 'leave', room: 'general', user: 'bob' });
  last().tell({ type: 'presence_change', room: 'general', joined: ['dora'], left: [], count: 300 });
  last().tell({ type: 'typing', room: 'general', user: 'cy' });
  last().tell({ type: 'react', room: 'general', seq: 1, user: 'cy', emoji: '👍', on: true });
  last().tell({ type: 'read', room: 'general', seq: 1, user: 'cy' });
  last().tell({ type: 'typing', room: 'elsewhere', user: 'cy' });
  assert.deepEqual(heard.map(([type]) => type), ['presence', 'join', 'leave', 'presence_change', 'typing', 'react', 'read']);
});

test('34: typing is sent at most once per 3 s', async () => {
  const { clock, last, room } = await inRoom();
  for (let i = 0; i < 61; i += 1) {
    room.typing();
    await clock.advance(100);
  }
  assert.equal(last().of('typing').length, 3);
});

test('leaving forgets the position; the same room object comes back', async () => {
  const { client, last, room } = await inRoom({ head: 4 });
  room.detach();
  assert.equal(last().of('leave').length, 1);
  last().tell(message(5));
  assert.equal(client.room('general'), room);
  room.attach();
  assert.equal(last().of('join').at(-1).resume, undefined);
  await settle();
});
