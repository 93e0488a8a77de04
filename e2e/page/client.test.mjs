// The JavaScript client against the real server, without the page's own code.

import assert from 'node:assert/strict';
import test, { after, afterEach } from 'node:test';
import { newRoom, stage } from './kit.mjs';

const { server, browser } = await stage({ after });
afterEach(() => browser.assertNoFaults());

/** Two clients in one room: `ann`, who writes, and `bob`, whose events are kept. */
async function clients(name) {
  const page = await browser.page();
  await page.goto(server.url);
  await page.evaluate(async (name) => {
    const { ChatClient } = await import('/assets/sdk/index.mjs');
    const url = new URL('ws', document.baseURI);
    url.protocol = 'ws:';
    window.heard = [];
    const join = async (user) => {
      const client = new ChatClient({ url: url.href, user });
      const room = client.room(name);
      const joined = new Promise((done) => room.on('joined', done));
      for (const type of ['message', 'edit', 'delete', 'gap', 'reset']) {
        if (user === 'bob') room.on(type, ({ seq, change, content, deleted }) => heard.push([type, seq, change ?? null, deleted ? null : (content ?? null)]));
      }
      room.attach();
      client.connect();
      await joined;
      return { client, room };
    };
    window.ann = await join('ann');
    window.bob = await join('bob');
    window.say = (content) => new Promise((done) => ann.room.on('outgoing', (entry) => entry.content === content && entry.status === 'sent' && done(entry.seq)) && ann.room.send(content));
  }, name);
  return page;
}

const heardAll = (page, count) => page.waitForFunction((count) => window.heard.length >= count, count).then(() => page.evaluate(() => window.heard));

test('edits and deletions settle with their numbers, and are heard once and in order', { timeout: 90_000 }, async () => {
  const page = await clients(newRoom('client'));
  const done = await page.evaluate(async () => {
    for (const text of ['one', 'two']) await say(text);
    const all = await Promise.all([ann.room.edit(1, 'uno'), ann.room.delete(2), ann.room.edit(1, 'eins')]);
    return all.map(({ seq, change }) => [seq, change]);
  });
  assert.deepEqual(done, [[1, 1], [2, 2], [1, 3]]);
  assert.deepEqual(await heardAll(page, 5), [
    ['message', 1, null, 'one'],
    ['message', 2, null, 'two'],
    ['edit', 1, 1, 'uno'],
    ['delete', 2, 2, null],
    ['edit', 1, 3, 'eins'],
  ]);
  const page1 = await page.evaluate(async () => (await bob.room.history()).messages.map(({ content, edited, deleted }) => [content, edited > 0, deleted ?? false]));
  assert.deepEqual(page1, [['eins', true, false], ['', false, true]]);
});

test('killed with changes on their way: each is made once, and who was away hears each once', { timeout: 120_000 }, async () => {
  const page = await clients(newRoom('client'));
  await page.evaluate(() => say('m1').then(() => say('m2')));
  const sent = ['a', 'b', 'c', 'd', 'e', 'f'];
  await page.evaluate((sent) => {
    window.all = Promise.all([...sent.map((text) => ann.room.edit(1, text)), ann.room.delete(2)]);
  }, sent);
  await server.kill();
  await server.start();
  await page.evaluate(() => (ann.client.retryNow(), bob.client.retryNow()));
  const changes = await page.evaluate(async () => (await all).map(({ change }) => change));
  assert.deepEqual(changes, [1, 2, 3, 4, 5, 6, 7], 'none twice: their numbers have no holes');
  const heard = (await heardAll(page, 9)).filter(([type]) => type !== 'message');
  assert.deepEqual(heard, [...sent.map((text, i) => ['edit', 1, i + 1, text]), ['delete', 2, 7, null]]);
  const positions = await page.evaluate(() => [ann, bob].map(({ room }) => [room.position.seq, room.position.change]));
  assert.deepEqual(positions, [[2, 7], [2, 7]]);
});
