import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatError } from '../src/index.mjs';
import { inRoom, kit, message, settle } from './kit.mjs';

test('states: connecting until the hello, then connected', () => {
  const { client, last, states } = kit();
  client.connect();
  client.connect();
  assert.equal(client.state, 'connecting');
  assert.equal(last().url, 'ws://server/ws?user=ann');
  last().hello();
  assert.deepEqual(states, ['connecting', 'connected']);
});

test('a lost connection is tried again, later each time, and the count starts over after 5 s of uptime', async () => {
  const { client, clock, sockets, last } = kit();
  client.connect();
  const waits = [];
  client.on('state', ({ to, retryAt }) => to === 'waiting' && waits.push(retryAt - clock.now()));
  for (let i = 0; i < 8; i += 1) {
    last().end();
    await clock.advance(client.retryAt - clock.now());
  }
  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  assert.equal(sockets.length, 9);
  last().hello();
  await clock.advance(4_000);
  last().end();
  assert.equal(waits.at(-1), 10_000, 'a short life is no recovery');
  await clock.advance(10_000);
  last().hello();
  await clock.advance(6_000);
  last().end();
  assert.equal(waits.at(-1), 250);
});

test('a server that goes away says when to come back', async () => {
  const { client, clock, last, sockets } = kit();
  client.connect();
  last().hello();
  last().tell({ type: 'going_away', code: 1012, reason: 'restart', reconnect: true, retry_after_ms: 4_000 });
  last().end(1012, 'restart');
  assert.equal(client.retryAt - clock.now(), 4_500);
  await clock.advance(4_400);
  assert.equal(sockets.length, 1);
  await clock.advance(200);
  assert.equal(sockets.length, 2);
});

test('after close() nothing ever connects again', async () => {
  const { client, clock, last, sockets, host } = kit();
  client.connect();
  last().hello();
  client.close();
  host.wake('online');
  host.wake('visible');
  client.retryNow();
  await clock.advance(600_000);
  assert.equal(sockets.length, 1);
  assert.equal(client.state, 'closed');
  assert.equal(clock.pending, 0);

  const waiting = kit();
  waiting.client.connect();
  waiting.last().end();
  waiting.client.close();
  await waiting.clock.advance(600_000);
  assert.equal(waiting.sockets.length, 1);
});

test('a final code and a bug stop the client; a closed one may be told to connect', async () => {
  for (const code of [1000, 1003, 1009, 4501, 4504, 4530]) {
    const { client, clock, last, sockets } = kit();
    client.connect();
    last().hello();
    last().end(code, 'no');
    await clock.advance(600_000);
    assert.equal(client.state, 'closed', String(code));
    assert.equal(sockets.length, 1, String(code));
    client.connect();
    assert.equal(sockets.length, 2);
  }
});

test('zombie: silence is asked once, then the connection is given up without waiting for its close event', async () => {
  const { client, clock, last, sockets, states } = kit();
  client.connect();
  last().hello();
  await clock.advance(24_000);
  assert.equal(last().of('ping').length, 0);
  await clock.advance(1_500);
  assert.equal(last().of('ping').length, 1);
  last().tell({ type: 'pong' });
  await clock.advance(24_000);
  assert.equal(client.state, 'connected');
  await clock.advance(1_500);
  assert.equal(last().of('ping').length, 2);
  await clock.advance(9_500);
  assert.equal(states.at(-1), 'waiting');
  assert.equal(sockets[0].closedByClient, 1000);
  sockets[0].end(1006);
  await clock.advance(1_000);
  assert.equal(sockets.length, 2, 'the late close event of the dead socket changes nothing');
});

test('zombie: any frame counts as life, also one nobody understands', async () => {
  const { client, clock, last } = kit();
  client.connect();
  last().hello();
  for (let i = 0; i < 10; i += 1) {
    await clock.advance(20_000);
    last().tell({ type: 'something_new' });
  }
  assert.equal(client.state, 'connected');
  assert.equal(last().of('ping').length, 0);
});

test('zombie: after sleep the first question has 3 s, and one late timer is forgiven', async () => {
  const { client, clock, last } = kit();
  client.connect();
  last().hello();
  await clock.advance(25_000);
  assert.equal(last().of('ping').length, 1);
  await clock.sleep(3_600_000);
  assert.equal(client.state, 'connected', 'asleep is not dead');
  assert.equal(last().of('ping').length, 2);
  await clock.advance(3_100);
  assert.equal(client.state, 'waiting');
});

test('waking up: an open socket is probed with 3 s, a waiting client dials at once', async () => {
  const { client, clock, host, last, sockets } = kit();
  client.connect();
  last().hello();
  host.wake('visible');
  assert.equal(last().of('ping').length, 1);
  await clock.advance(3_100);
  assert.equal(client.state, 'waiting');
  host.wake('online');
  assert.equal(sockets.length, 2);
});

test('offline: the state says so, and online connects at once', async () => {
  const { client, host, last, sockets, clock } = kit();
  client.connect();
  last().hello();
  host.isOnline = false;
  host.wake('offline');
  await clock.advance(3_100);
  assert.equal(client.state, 'offline');
  host.isOnline = true;
  host.wake('online');
  assert.equal(client.state, 'connecting');
  assert.equal(sockets.length, 2);
});

test('a handshake that hangs is given up after 10 s', async () => {
  const { client, clock, last } = kit();
  client.connect();
  last().readyState = 1;
  await clock.advance(10_100);
  assert.equal(client.state, 'waiting');
});

test('requests: answered by id, refused by an error, lost with the connection', async () => {
  const { room, last } = await inRoom({ head: 9 });
  const page = room.history({ before: 10, limit: 5 });
  const asked = last().of('history')[0];
  assert.deepEqual({ ...asked, id: 0 }, { type: 'history', room: 'general', limit: 5, before: 10, id: 0 });
  last().tell({ type: 'history', id: asked.id, room: 'general', messages: [message(9)], more: true });
  assert.equal((await page).messages.length, 1);

  const refused = room.history();
  last().tell({ type: 'error', id: last().of('history')[1].id, code: 'forbidden', message: 'no', temporary: false });
  await assert.rejects(refused, { code: 'forbidden', retryable: false });

  const lost = room.history();
  last().end();
  await assert.rejects(lost, { code: 'disconnected', retryable: true });
});

test('a listener that throws keeps nobody else from hearing', async (t) => {
  t.mock.method(console, 'error', () => {});
  const { room, last, seqs } = await inRoom();
  room.on('message', () => {
    throw new Error('mine');
  });
  last().tell(message(1));
  last().tell(message(2));
  await settle();
  assert.deepEqual(seqs(), [1, 2]);
});

test('junk from the server is ignored', async () => {
  const { client, last, seqs } = await inRoom();
  for (const data of ['', '{', 'null', '[]', '{"type":"message"}', '{"type":"__proto__"}', '{"type":"constructor"}', new ArrayBuffer(2)]) {
    last().onmessage({ data });
  }
  assert.equal(client.state, 'connected');
  assert.deepEqual(seqs(), []);
});

test('refused before the hello, for good: no loop, and the reason is told', async () => {
  const asked = [];
  const refusal = async (url) => {
    asked.push(url);
    return new ChatError('bad_name', 'a name cannot contain that');
  };
  const { client, clock, last, sockets } = kit({ refusal });
  const ends = [];
  client.on('state', ({ to, error }) => to === 'closed' && ends.push(error.code));
  client.connect();
  last().end(1006);
  await settle();
  await clock.advance(600_000);
  assert.equal(client.state, 'closed');
  assert.equal(sockets.length, 1);
  assert.deepEqual(asked, ['ws://server/ws?user=ann']);
  assert.deepEqual(ends, ['bad_name']);
});

test('a lost connection is not a refusal: nobody asks why', async () => {
  let asked = 0;
  const refusal = async () => void (asked += 1) ?? null;
  const { client, clock, last, sockets } = kit({ refusal });
  client.connect();
  last().hello();
  last().end(1006);
  await clock.advance(1_000);
  assert.equal(asked, 0);
  assert.equal(sockets.length, 2);
});
