// Two people talk.

import assert from 'node:assert/strict';
import test, { after, afterEach } from 'node:test';
import { inRoom, join, newRoom, people, say, sees, seesPeople, stage, texts } from './kit.mjs';

const { server, browser } = await stage({ after });
afterEach(() => browser.assertNoFaults());
const bounded = { timeout: 90_000 };

test('1: from the address to a conversation; each message once, at both ends', bounded, async () => {
  const room = newRoom('talk');
  const ann = await browser.page();
  const bob = await browser.page();
  await join(ann, server, 'ann', room);
  await join(bob, server, 'bob', room);
  await seesPeople(ann, ['ann', 'bob']);
  await seesPeople(bob, ['bob', 'ann']);
  await say(ann, 'hello bob');
  await sees(bob, 'hello bob');
  await say(bob, 'hello ann');
  await sees(ann, 'hello ann');
  await sees(ann, 'hello bob');
  assert.deepEqual(await texts(ann), ['hello bob', 'hello ann']);
  assert.deepEqual(await texts(bob), ['hello bob', 'hello ann']);
  assert.equal(await ann.title(), `#${room} · Roomcast`);
});

test('34: typing shows, and ends with the message', bounded, async () => {
  const room = newRoom('talk');
  const ann = await browser.page();
  const bob = await browser.page();
  await join(ann, server, 'ann', room);
  await join(bob, server, 'bob', room);
  await bob.locator('#composer').pressSequentially('hm');
  await ann.waitForSelector('.typing:has-text("bob is typing…")');
  assert.equal(await bob.locator('.typing span').count(), 0, 'not to oneself');
  await bob.press('#composer', 'Enter');
  await sees(ann, 'hm');
  await ann.waitForFunction(() => document.querySelector('.typing').textContent.trim() === '');
  await bob.locator('#composer').pressSequentially('x');
  await bob.waitForTimeout(3_100);
  await bob.locator('#composer').pressSequentially('y');
  await ann.waitForSelector('.typing:has-text("bob is typing…")');
  await ann.waitForFunction(() => document.querySelector('.typing').textContent.trim() === '', null, { timeout: 9_000 });
});

test('4: a reload keeps name, room and history; whoever comes later sees it too', bounded, async () => {
  const room = newRoom('talk');
  const ann = await browser.page();
  await join(ann, server, 'ann', room);
  for (const text of ['one', 'two', 'three']) await say(ann, text);
  await sees(ann, 'three');
  await ann.reload();
  await inRoom(ann, 'ann');
  assert.deepEqual(await texts(ann), ['one', 'two', 'three']);
  const late = await browser.page();
  await join(late, server, 'late', room);
  assert.deepEqual(await texts(late), ['one', 'two', 'three']);
});

test('40: two tabs are one person, and both see everything once', bounded, async () => {
  const room = newRoom('talk');
  const context = await browser.person();
  const [one, two] = [await context.newPage(), await context.newPage()];
  const bob = await browser.page();
  await join(one, server, 'ann', room);
  await two.goto(`${server.url}#/${room}`);
  await inRoom(two, 'ann');
  await join(bob, server, 'bob', room);
  await seesPeople(bob, ['bob', 'ann']);
  await say(one, 'from the first tab');
  await sees(two, 'from the first tab');
  await say(two, 'from the second');
  await sees(one, 'from the second');
  for (const page of [one, two]) assert.deepEqual(await texts(page), ['from the first tab', 'from the second']);
  await two.close();
  await say(bob, 'still here?');
  await sees(one, 'still here?');
  assert.deepEqual(await people(bob), ['bob', 'ann']);
  await one.close();
  await seesPeople(bob, ['bob']);
});

test('5: another room counts what is unread until one looks', bounded, async () => {
  const [room, other] = [newRoom('talk'), newRoom('other')];
  const ann = await browser.page();
  const bob = await browser.page();
  await join(ann, server, 'ann', room);
  await ann.fill('#new-room', `#${other}`);
  await ann.press('#new-room', 'Enter');
  await ann.waitForSelector(`h1:has-text("${other}")`);
  await join(bob, server, 'bob', room);
  await say(bob, 'first');
  await say(bob, 'second');
  await ann.waitForSelector('.room.unread .badge:has-text("2")');
  await ann.click(`.room:has-text("${room}")`);
  await sees(ann, 'second');
  assert.equal(await ann.locator('.badge').count(), 0);
  await ann.goBack();
  await ann.waitForSelector(`h1:has-text("${other}")`);
  await ann.hover(`.room:has-text("${room}")`);
  await ann.click(`button[aria-label="Leave #${room}"]`);
  await seesPeople(bob, ['bob']);
});

test('30: Shift+Enter is a new line, Enter while composing sends nothing', bounded, async () => {
  const room = newRoom('talk');
  const ann = await browser.page();
  await join(ann, server, 'ann', room);
  await ann.locator('#composer').pressSequentially('one');
  await ann.press('#composer', 'Shift+Enter');
  await ann.locator('#composer').pressSequentially('two');
  await ann.$eval('#composer', (field) =>
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true })),
  );
  assert.deepEqual(await texts(ann), []);
  await ann.press('#composer', 'Enter');
  await sees(ann, 'one\ntwo');
});

test('31, 37: the field grows to 30 % of the height; too long is said in words and not sent', bounded, async () => {
  const room = newRoom('talk');
  const ann = await browser.page();
  await join(ann, server, 'ann', room);
  const height = () => ann.$eval('#composer', (field) => field.getBoundingClientRect().height);
  const before = await height();
  await ann.fill('#composer', 'line\n'.repeat(4));
  assert.ok((await height()) > before * 2);
  await ann.fill('#composer', 'line\n'.repeat(80));
  assert.ok((await height()) <= 760 * 0.3 + 1);
  await ann.fill('#composer', 'x'.repeat(4_003));
  await ann.waitForSelector('.composer-hint:has-text("3 characters too many")');
  await ann.press('#composer', 'Enter');
  await ann.fill('#composer', 'x'.repeat(4_000));
  await ann.press('#composer', 'Enter');
  await sees(ann, 'x'.repeat(4_000));
  assert.equal((await texts(ann)).length, 1);
});

test('17: too many at once all arrive, in order, each once', { timeout: 120_000 }, async () => {
  const room = newRoom('talk');
  const ann = await browser.page();
  const bob = await browser.page();
  await join(ann, server, 'ann', room);
  await join(bob, server, 'bob', room);
  const sent = Array.from({ length: 30 }, (_, i) => `fast ${i}`);
  for (const text of sent) await say(ann, text);
  await bob.waitForFunction(() => document.querySelectorAll('.line').length >= 30, null, { timeout: 60_000 });
  await sees(ann, 'fast 29');
  assert.deepEqual(await texts(bob), sent);
  assert.deepEqual(await texts(ann), sent);
});
