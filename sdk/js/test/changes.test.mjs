import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHANGES_LIMIT } from '../src/changes.mjs';
import { deletion, edit, inRoom, kit, message, settle } from './kit.mjs';

const ofType = (heard, ...types) => heard.filter(([type]) => types.includes(type)).map(([type, { seq, change }]) => [type, seq, change]);
const wanted = (frames) => frames.map(({ type, seq, content }) => [type, seq, content]);
const sent = (last) => wanted(last().sent.filter(({ type }) => type === 'edit' || type === 'delete'));
const newest = (last) => last().sent.filter(({ type }) => type === 'edit' || type === 'delete').at(-1);
const ack = (last, change = 1) => last().tell({ type: 'ack', id: newest(last).id, room: 'general', seq: newest(last).seq, change, timestamp: 1_750_000_009 });
const refuse = (last, code, more = {}) =>
  last().tell({ type: 'error', id: newest(last).id, room: 'general', code, message: 'no', temporary: false, ...more });
/** How a promise ended, or undefined while it has not. */
function ending(promise) {
  const end = {};
  promise.then((done) => (end.done = done), (error) => (end.code = error.code));
  return end;
}

/** The connection is lost and comes back; the server has the position. */
async function resume({ clock, last }, more = {}) {
  last().end();
  await clock.advance(500);
  last().hello();
  last().joined('general', { head: 9, recovered: true, ...more });
}
const caughtUp = (last, change = 9) => last().tell({ type: 'caught_up', room: 'general', seq: 9, change });

test('changes: each is heard once and in order, and the position counts them apart from messages', async () => {
  const all = await inRoom({ head: 3, change: 5 });
  const { last, room, heard } = all;
  for (const frame of [edit(6, 1, 'uno'), edit(6, 1, 'uno'), message(4), deletion(7, 2), edit(5, 3, 'old')]) last().tell(frame);
  assert.deepEqual(ofType(heard, 'edit', 'delete', 'message'), [['edit', 1, 6], ['message', 4, undefined], ['delete', 2, 7]]);
  assert.deepEqual(room.position, { seq: 4, change: 7, epoch: 'e1' });
  await resume(all, { head: 4, change: 8 });
  assert.deepEqual(last().of('join')[0].resume, { seq: 4, change: 7, epoch: 'e1' });
  for (const frame of [deletion(7, 2), edit(8, 1, 'eins')]) last().tell(frame);
  assert.deepEqual(ofType(heard, 'edit', 'delete').slice(2), [['edit', 1, 8]], 'what was missed, and nothing twice');
});

test('changes: a hole in their numbers means that the room is loaded afresh, once', async () => {
  const { last, heard } = await inRoom({ head: 3, change: 1 });
  last().tell(edit(4, 1, 'x'));
  last().tell(edit(5, 1, 'y'));
  assert.deepEqual(heard.filter(([type]) => type === 'reset').map(([, event]) => event), [{ head: 3, reason: 'hole' }]);
  assert.deepEqual(ofType(heard, 'edit'), [['edit', 1, 4], ['edit', 1, 5]]);
});

test('changes: a page that was read before a change says what the change made of it', async () => {
  const { last, room } = await inRoom({ head: 3 });
  const page = room.history();
  for (const frame of [edit(1, 1, 'uno'), edit(2, 2, 'due'), deletion(3, 2), edit(4, 4, 'quattro')]) last().tell(frame);
  const plain = ({ seq, user, content, timestamp }) => ({ seq, user, content, timestamp });
  last().tell({ type: 'history', id: last().of('history')[0].id, room: 'general', messages: [...[1, 2, 3].map((seq) => plain(message(seq))), { ...plain(message(4)), content: '', deleted: true }], more: false });
  const { messages } = await page;
  assert.deepEqual(messages.map(({ content, edited, deleted }) => [content, edited, deleted]), [
    ['uno', 1_750_001_001, undefined],
    ['', undefined, true],
    ['m3', undefined, undefined],
    ['', undefined, true],
  ]);
});

test('edit and delete settle by their acks, one on its way at a time', async () => {
  const { last, room } = await inRoom({ head: 3 });
  const [one, two] = [ending(room.edit(1, 'uno')), ending(room.delete(2))];
  assert.deepEqual(sent(last), [['edit', 1, 'uno']]);
  ack(last, 1);
  await settle();
  assert.deepEqual([one.done.seq, one.done.change], [1, 1]);
  assert.deepEqual(sent(last), [['edit', 1, 'uno'], ['delete', 2, undefined]]);
  last().tell(deletion(2, 2));
  await settle();
  assert.equal(two.done.change, 2, 'the event is as good as the ack');
  ack(last, 2);
});

test('written offline: waits, and goes when the room has caught up, not before', async () => {
  const all = await inRoom({ head: 3 });
  const { clock, last, room } = all;
  last().end();
  const end = ending(room.edit(1, 'uno'));
  await clock.advance(500);
  last().hello();
  last().joined('general', { head: 3, recovered: true });
  const next = ending(room.delete(2));
  assert.deepEqual(sent(last), []);
  caughtUp(last);
  assert.deepEqual(sent(last), [['edit', 1, 'uno']]);
  ack(last);
  ack(last, 2);
  await settle();
  assert.ok(end.done && next.done);
});

test('no ack means unknown: done already, repeated, or in conflict, as the resume tells', async () => {
  const stories = [
    { meanwhile: [edit(1, 1, 'uno'), edit(2, 1, 'elsewhere')], repeated: false, end: 'done' },
    { meanwhile: [edit(1, 2, 'another message')], repeated: true, end: undefined },
    { meanwhile: [edit(1, 1, 'elsewhere')], repeated: false, end: 'conflict' },
    { meanwhile: [edit(1, 1, 'elsewhere'), edit(2, 1, 'uno')], repeated: false, end: 'done' },
  ];
  for (const { meanwhile, repeated, end } of stories) {
    const all = await inRoom({ head: 3 });
    const waits = ending(all.room.edit(1, 'uno'));
    await resume(all);
    for (const frame of meanwhile) all.last().tell(frame);
    caughtUp(all.last);
    await settle();
    assert.equal(sent(all.last).length === 1, repeated, JSON.stringify(meanwhile));
    assert.equal(waits.done ? 'done' : waits.code, end, JSON.stringify(meanwhile));
  }
});

test('a reset gives the numbers another meaning: what waits is not sent', async () => {
  const all = await inRoom({ head: 3 });
  const [one, two] = [ending(all.room.edit(1, 'uno')), ending(all.room.delete(2))];
  await resume(all, { head: 2, epoch: 'e2', recovered: false, reason: 'epoch' });
  await settle();
  assert.deepEqual([one.code, two.code], ['reset', 'reset']);
  assert.deepEqual(sent(all.last), []);
});

test('refused: for good with the reason, for now after as long as the server said', async () => {
  const { clock, last, room } = await inRoom({ head: 3 });
  const [one, two] = [ending(room.edit(1, 'uno')), ending(room.delete(2))];
  refuse(last, 'forbidden');
  await settle();
  assert.equal(one.code, 'forbidden');
  refuse(last, 'rate_limited', { temporary: true, retry_after_ms: 2_000 });
  await clock.advance(1_900);
  assert.equal(sent(last).length, 2);
  await clock.advance(200);
  assert.deepEqual(sent(last).slice(2), [['delete', 2, undefined]]);
  ack(last);
  await settle();
  assert.ok(two.done);
});

test('an ack overdue by 10 s: the connection is probed and the change repeated', async () => {
  const { clock, last, room } = await inRoom({ head: 3 });
  void room.edit(1, 'uno');
  await clock.advance(10_100);
  assert.equal(last().of('ping').length, 1);
  assert.deepEqual(sent(last), [['edit', 1, 'uno'], ['edit', 1, 'uno']]);
  ack(last);
});

test('they end: five minutes, a final close, our own close, leaving; and none begins without a place', async () => {
  const start = async (end) => {
    const all = await inRoom({ head: 3 });
    all.last().end();
    const waits = ending(all.room.edit(1, 'uno'));
    await end(all);
    await settle();
    return waits.code;
  };
  assert.equal(await start(({ clock }) => clock.advance(301_000)), 'timeout');
  assert.equal(await start(({ client }) => client.close()), 'closed');
  assert.equal(await start(({ room }) => room.detach()), 'not_joined');
  assert.equal(await start(async ({ clock, last }) => (await clock.advance(500), last().hello(), last().end(4504, 'kicked'))), 'closed');
  const { client } = kit();
  await assert.rejects(client.room('general').edit(1, 'x'), { code: 'not_joined' });
});

test('bounded: one more than the limit is refused at once', async () => {
  const { last, room, client } = await inRoom({ head: 3 });
  last().end();
  const waits = Array.from({ length: CHANGES_LIMIT }, () => ending(room.delete(1)));
  await assert.rejects(room.delete(1), { code: 'outbox_full', retryable: true });
  client.close();
  await settle();
  assert.ok(waits.every(({ code }) => code === 'closed'));
});
