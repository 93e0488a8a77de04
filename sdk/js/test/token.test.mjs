import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatError } from '../src/index.mjs';
import { inRoom, kit, settle } from './kit.mjs';

/** Tokens `t1`, `t2`, …, one for each time it is asked. */
function fresh() {
  let n = 0;
  return async () => `t${(n += 1)}`;
}

test('a token goes along as a subprotocol, and the address names nobody', () => {
  const { client, last } = kit({ token: 'abc' });
  client.connect();
  assert.equal(last().url, 'ws://server/ws');
  assert.deepEqual(last().protocols, ['roomcast.v1', 'bearer.abc']);
});

test('without a token there are no subprotocols', () => {
  const { client, last } = kit();
  client.connect();
  assert.equal(last().protocols, undefined);
});

test('expired: a new token is fetched at once, and the room is resumed', async () => {
  const all = kit({ token: fresh() });
  const room = all.client.room('general');
  room.attach();
  all.client.connect();
  await settle();
  assert.deepEqual(all.last().protocols, ['roomcast.v1', 'bearer.t1']);
  all.last().hello();
  all.last().joined('general', { head: 7 });
  await settle();
  all.last().tell({ type: 'going_away', code: 4003, reason: 'expired', reconnect: true, retry_after_ms: 0 });
  all.last().end(4003, 'expired');
  await all.clock.advance(0);
  assert.equal(all.sockets.length, 2, 'without waiting');
  assert.deepEqual(all.last().protocols, ['roomcast.v1', 'bearer.t2']);
  all.last().hello();
  assert.deepEqual(all.last().of('join')[0].resume, { seq: 7, change: 0, epoch: 'e1' });
});

test('a token that has always expired is not fetched in a loop', async () => {
  const { client, clock, sockets, last } = kit({ token: fresh() });
  client.connect();
  await settle();
  for (let i = 0; i < 3; i += 1) {
    last().hello();
    last().tell({ type: 'going_away', code: 4003, reason: 'expired', reconnect: true, retry_after_ms: 0 });
    last().end(4003);
    await clock.advance(0);
  }
  assert.equal(sockets.length, 2, 'once at once, then with patience');
  await clock.advance(60_000);
  assert.ok(sockets.length > 2);
});

test('a token that is a text cannot be renewed: the client ends and says why', async () => {
  const { client, clock, sockets, last } = kit({ token: 'abc' });
  const ends = [];
  client.on('state', ({ to, error }) => to === 'closed' && ends.push(error.code));
  client.connect();
  last().hello();
  last().end(4003);
  await clock.advance(600_000);
  assert.deepEqual([client.state, sockets.length, ends], ['closed', 1, ['token_expired']]);
});

test('a token that cannot be fetched is tried again, later each time', async () => {
  let asked = 0;
  const token = async () => {
    asked += 1;
    if (asked < 3) throw new Error('offline');
    return 'abc';
  };
  const { client, clock, sockets } = kit({ token });
  client.connect();
  await settle();
  assert.deepEqual([client.state, sockets.length], ['waiting', 0]);
  await clock.advance(250);
  assert.equal(asked, 2);
  await clock.advance(500);
  assert.deepEqual([asked, sockets.length], [3, 1]);
});

test('after close() a token that comes late opens nothing', async () => {
  const { client, sockets } = kit({ token: fresh() });
  client.connect();
  client.close();
  await settle();
  assert.equal(sockets.length, 0);
});

test('refused with a bad token: for good; with an expired one: again with a new one', async () => {
  const shown = [];
  const refusing = (code) => async (url, token) => {
    shown.push([url, token]);
    return new ChatError(code, 'no');
  };
  const bad = kit({ token: fresh(), refusal: refusing('unauthenticated') });
  bad.client.connect();
  await settle();
  bad.last().end(1006);
  await bad.clock.advance(600_000);
  assert.deepEqual([bad.client.state, bad.sockets.length], ['closed', 1]);
  assert.deepEqual(shown, [['ws://server/ws', 't1']]);

  const old = kit({ token: fresh(), refusal: refusing('token_expired') });
  old.client.connect();
  await settle();
  old.last().end(1006);
  await old.clock.advance(300);
  assert.equal(old.sockets.length, 2);
  assert.deepEqual(old.last().protocols, ['roomcast.v1', 'bearer.t2']);
});

test('put out of a room by a newer token: the room says so, and sends nothing', async () => {
  const { room, last, heard } = await inRoom();
  last().tell({ type: 'error', room: 'general', code: 'forbidden', message: 'no', temporary: false });
  last().tell({ type: 'left', room: 'general' });
  assert.equal(room.state, 'failed');
  assert.equal(heard.at(-1)[1].code, 'forbidden');
  room.send('into the void');
  assert.equal(last().of('message').length, 0);
});
