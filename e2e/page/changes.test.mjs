// Messages that say something else later, or nothing any more.

import assert from 'node:assert/strict';
import test, { after, afterEach } from 'node:test';
import { join, newRoom, say, seed, sees, stage, texts } from './kit.mjs';

const { server, browser } = await stage({ after });
afterEach(() => browser.assertNoFaults());
const bounded = { timeout: 120_000 };

const row = (page, text) => page.locator(`.line:has(.text:text-is(${JSON.stringify(text)}))`);
const mark = (page) => page.waitForSelector('.edit-mark time[datetime]');
const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.dataset.row || document.activeElement.getAttribute('aria-label'));
const spoken = (page) => page.$$eval('#announcer p', (nodes) => nodes.map((node) => node.textContent));
const END_IN_SIGHT = `(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight <= 1)(document.querySelector('.scroller'))`;
const TOMBSTONE = 'This message was deleted.';

/** Points at one of our messages, and clicks a button of its own. */
async function act(page, text, name) {
  const line = row(page, text);
  await line.hover();
  await line.locator(`.actions button[aria-label="${name}"]`).click();
}

/** Another program of the same person: over REST, without a page. */
async function elsewhere(method, room, seq, user, content) {
  const url = `${server.url}api/v1/rooms/${room}/messages/${seq}`;
  const init = method === 'PATCH' ? { body: JSON.stringify({ user, content }), headers: { 'content-type': 'application/json' } } : {};
  const response = await fetch(method === 'DELETE' ? `${url}?user=${user}` : url, { method, ...init });
  assert.equal(response.status, 200, await response.text());
}

async function two(name) {
  const room = newRoom(name);
  const [ann, bob] = [await browser.page(), await browser.page()];
  await join(ann, server, 'ann', room);
  await join(bob, server, 'bob', room);
  return { room, ann, bob };
}

test('20: edited with the mouse: both see it at once, with its time, and who comes later too', bounded, async () => {
  const { room, ann, bob } = await two('edit');
  await say(ann, 'teh message');
  await sees(bob, 'teh message');
  await act(ann, 'teh message', 'Edit');
  assert.equal(await focused(ann), 'Edit message');
  await ann.keyboard.press('Control+A');
  await ann.keyboard.type('the message');
  await ann.keyboard.press('Enter');
  for (const page of [ann, bob]) {
    await sees(page, 'the message');
    await mark(page);
    assert.deepEqual(await texts(page), ['the message']);
  }
  assert.equal(await focused(ann), await row(ann, 'the message').getAttribute('data-row'), 'the focus is where it was');
  assert.equal(await bob.locator('.actions').count(), 0, 'it is not his to change');
  await bob.waitForFunction(() => document.querySelector('#announcer').textContent.includes('edited a message'));
  assert.deepEqual(await spoken(bob), ['ann: teh message', 'ann edited a message: the message']);
  assert.deepEqual(await spoken(ann), ['Message saved']);
  const late = await browser.page();
  await join(late, server, 'late', room);
  await mark(late);
  assert.deepEqual(await texts(late), ['the message']);
});

test('20: deleted after a question: the place stays, for both and for who comes later', bounded, async () => {
  const { room, ann, bob } = await two('delete');
  for (const text of ['first', 'a slip', 'last']) await say(ann, text);
  await sees(bob, 'last');
  await act(ann, 'a slip', 'Delete');
  await ann.waitForSelector('dialog[open]:has-text("a slip")');
  assert.equal(await ann.evaluate(() => document.activeElement.textContent), 'Keep it', 'the harmless one first');
  await ann.mouse.move(5, 5);
  await ann.keyboard.press('Escape');
  await ann.waitForSelector('dialog', { state: 'detached' });
  assert.equal(await focused(ann), 'Delete', 'the focus is where it was');
  assert.deepEqual(await texts(ann), ['first', 'a slip', 'last']);

  await ann.keyboard.press('Enter');
  await ann.click('dialog button.danger');
  const after = ['first', TOMBSTONE, 'last'];
  for (const page of [ann, bob]) {
    await sees(page, TOMBSTONE);
    assert.deepEqual(await texts(page), after);
  }
  assert.ok((await ann.evaluate(() => document.activeElement.textContent)).includes(TOMBSTONE), 'on the row that is left');
  assert.equal(await ann.locator('.line:has-text("was deleted") .actions').count(), 0, 'there is nothing more to do with it');
  await bob.waitForFunction(() => document.querySelector('#announcer').textContent.includes('deleted a message'));
  assert.equal((await spoken(bob)).at(-1), 'ann deleted a message');
  await ann.waitForFunction(() => document.querySelector('#announcer').textContent === 'Message deleted');
  const late = await browser.page();
  await join(late, server, 'late', room);
  assert.deepEqual(await texts(late), after);
});

test('32: ArrowUp in an empty field edits the last one; Enter saves, Escape does not; the focus comes back', bounded, async () => {
  const { ann, bob } = await two('keys');
  await ann.press('#composer', 'ArrowUp');
  assert.equal(await ann.locator('.editor').count(), 0, 'there is none yet');
  await say(ann, 'one');
  await say(ann, 'two');
  await sees(bob, 'two');
  await say(bob, 'his');
  await sees(ann, 'his');
  await ann.fill('#composer', 'not empty');
  await ann.press('#composer', 'ArrowUp');
  assert.equal(await ann.locator('.editor').count(), 0, 'the caret moves');
  await ann.fill('#composer', '');
  await ann.press('#composer', 'ArrowUp');
  await ann.waitForFunction(() => document.activeElement.getAttribute('aria-label') === 'Edit message');
  await ann.keyboard.type(' and a half');
  await ann.keyboard.press('Escape');
  await ann.waitForSelector('.editor', { state: 'detached' });
  assert.equal(await focused(ann), 'composer');
  assert.deepEqual(await texts(ann), ['one', 'two', 'his']);

  await ann.press('#composer', 'ArrowUp');
  await ann.waitForFunction(() => document.activeElement.getAttribute('aria-label') === 'Edit message');
  await ann.keyboard.type(' and');
  await ann.keyboard.press('Shift+Enter');
  await ann.keyboard.type('a half');
  await ann.keyboard.press('Enter');
  await sees(bob, 'two and\na half');
  assert.equal(await focused(ann), 'composer');
  assert.deepEqual(await texts(ann), ['one', 'two and\na half', 'his']);
});

test('45: everything with the keyboard: Enter on a row leads to what can be done with it', bounded, async () => {
  const { ann } = await two('keys');
  for (const text of ['one', 'two']) await say(ann, text);
  await sees(ann, 'two');
  await ann.keyboard.press('Shift+Tab');
  const last = await row(ann, 'two').getAttribute('data-row');
  assert.equal(await focused(ann), last);
  await ann.keyboard.press('Enter');
  assert.equal(await focused(ann), 'Edit');
  await ann.keyboard.press('ArrowRight');
  assert.equal(await focused(ann), 'Delete');
  await ann.keyboard.press('Escape');
  assert.equal(await focused(ann), last);
  await ann.keyboard.press('Enter');
  await ann.keyboard.press('Enter');
  await ann.waitForFunction(() => document.activeElement.getAttribute('aria-label') === 'Edit message');
  await ann.keyboard.press('Control+A');
  await ann.keyboard.press('Delete');
  await ann.keyboard.press('Enter');
  assert.equal(await ann.locator('.editor').count(), 1, 'nothing is no message');
  await ann.keyboard.press('Escape');
  await ann.waitForSelector('.editor', { state: 'detached' });
  assert.equal(await focused(ann), last);
  await ann.keyboard.press('Escape');
  assert.equal(await focused(ann), 'composer');
});

test('away: what was changed while the server was gone is there after coming back, without a reload', { timeout: 180_000 }, async () => {
  const { room, ann, bob } = await two('away');
  for (const text of ['m1', 'm2', 'm3', 'm4']) await say(ann, text);
  await sees(bob, 'm4');
  // A room that was loaded afresh has other rows.
  await row(bob, 'm3').evaluate((node) => (node.dataset.same = 'yes'));
  await bob.context().setOffline(true);
  await server.kill();
  await server.start();
  await elsewhere('PATCH', room, 1, 'ann', 'm1, edited elsewhere');
  await elsewhere('PATCH', room, 2, 'ann', 'edited, then deleted');
  await elsewhere('DELETE', room, 2, 'ann');
  await elsewhere('PATCH', room, 4, 'ann', 'm4 once');
  await elsewhere('PATCH', room, 4, 'ann', 'm4 twice');
  await bob.context().setOffline(false);
  for (const page of [ann, bob]) {
    await page.evaluate(() => document.querySelector('.banner .button')?.click());
    await sees(page, 'm4 twice');
    assert.deepEqual(await texts(page), ['m1, edited elsewhere', TOMBSTONE, 'm3', 'm4 twice']);
  }
  assert.equal(await row(bob, 'm3').getAttribute('data-same'), 'yes');
});

test('offline: an edit waits, visibly, and is made when the server is back', { timeout: 180_000 }, async () => {
  const { ann, bob } = await two('wait');
  await say(ann, 'before');
  await sees(bob, 'before');
  await server.kill();
  await ann.waitForSelector('.banner');
  await ann.press('#composer', 'ArrowUp');
  await ann.waitForFunction(() => document.activeElement.getAttribute('aria-label') === 'Edit message');
  await ann.keyboard.type(' and after');
  await ann.keyboard.press('Enter');
  await ann.waitForSelector('.line.saving:has-text("before and after"):has-text("Waiting for the connection")');
  await server.start();
  for (const page of [ann, bob]) {
    await page.evaluate(() => document.querySelector('.banner .button')?.click());
    await sees(page, 'before and after');
  }
  await ann.waitForFunction(() => document.querySelectorAll('.saving, .outcome').length === 0);
});

test('refused by the server: the message is what it was, the reason stands there, the words are not lost', bounded, async () => {
  const room = newRoom('refuse');
  const page = await browser.page();
  // The page does not hear that its message was deleted elsewhere: the server, which knows it, refuses.
  let deaf = false;
  await page.routeWebSocket(/\/ws\?/, (client) => {
    const upstream = client.connectToServer();
    client.onMessage((text) => upstream.send(text));
    upstream.onMessage((text) => (deaf && JSON.parse(text).type === 'delete' ? undefined : client.send(text)));
  });
  await join(page, server, 'ann', room);
  await say(page, 'was it there?');
  await sees(page, 'was it there?');
  deaf = true;
  await elsewhere('DELETE', room, 1, 'ann');
  await page.press('#composer', 'ArrowUp');
  await page.waitForFunction(() => document.activeElement.getAttribute('aria-label') === 'Edit message');
  await page.keyboard.type(' Yes.');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.outcome:has-text("Not changed. The message is not there any more.")');
  assert.deepEqual(await texts(page), ['was it there?']);
  assert.equal(await focused(page), 'composer');
  assert.deepEqual(await spoken(page), ['Not changed. The message is not there any more.']);
  await page.click('.outcome button:has-text("Edit again")');
  assert.equal(await page.inputValue('.editor textarea'), 'was it there? Yes.');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('.outcome'));
});

test("somebody else's message: refused by the server, whatever a page tries", bounded, async () => {
  const { room, ann, bob } = await two('other');
  await say(ann, "ann's own");
  await sees(bob, "ann's own");
  const codes = await bob.evaluate(async (name) => {
    const { ChatClient } = await import('/assets/sdk/index.mjs');
    const url = new URL('ws', document.baseURI);
    url.protocol = 'ws:';
    const client = new ChatClient({ url: url.href, user: 'bob' });
    const room = client.room(name);
    const joined = new Promise((done) => room.on('joined', done));
    room.attach();
    client.connect();
    await joined;
    const codes = [];
    for (const act of [() => room.edit(1, 'not his'), () => room.delete(1), () => room.edit(99, 'whose?')]) {
      codes.push(await act().then(() => 'done', ({ code }) => code));
    }
    client.close();
    return codes;
  }, room);
  assert.deepEqual(codes, ['forbidden', 'forbidden', 'no_such_message']);
  await row(bob, "ann's own").hover();
  assert.equal(await bob.locator('.actions').count(), 0);
  await bob.press('#composer', 'ArrowUp');
  assert.equal(await bob.locator('.editor').count(), 0);
  assert.deepEqual(await texts(ann), ["ann's own"]);
});

test('the editor ends where its message is deleted elsewhere, and leaves the focus somewhere', bounded, async () => {
  const { room, ann, bob } = await two('gone');
  await seed(bob, room, 40);
  await say(ann, 'going');
  await sees(ann, 'going');
  await ann.press('#composer', 'ArrowUp');
  await ann.waitForFunction(() => document.activeElement.getAttribute('aria-label') === 'Edit message');
  await elsewhere('DELETE', room, 41, 'ann');
  await sees(ann, TOMBSTONE);
  assert.equal(await ann.locator('.editor').count(), 0);
  assert.equal(await focused(ann), 'composer');
  await say(bob, 'and on it goes');
  await sees(ann, 'and on it goes');
  await ann.waitForFunction(END_IN_SIGHT);
});

test('15, 16: a change above does not move the row under the eye', bounded, async () => {
  const room = newRoom('still');
  const ann = await browser.page();
  await ann.goto(server.url);
  await seed(ann, room, 60);
  const bob = await browser.page();
  await join(bob, server, 'bob', room);
  await say(bob, 'a long one\n'.repeat(12).trim());
  await sees(bob, 'a long one\n'.repeat(12).trim());
  await bob.close();
  await seed(ann, room, 60, 61);
  await join(ann, server, 'ann', room);
  await sees(ann, 'm120');
  await ann.$eval('.scroller', (list) => (list.scrollTop = 0));
  await ann.waitForSelector('.line:has-text("a long one")');
  const watched = await ann.$eval('.scroller', (list) => {
    const rows = [...list.querySelectorAll('.line')];
    const below = rows[rows.findIndex((one) => one.textContent.includes('a long one')) + 8];
    list.scrollTop += below.getBoundingClientRect().top - list.getBoundingClientRect().top - 200;
    return below.dataset.row;
  });
  await ann.waitForTimeout(200);
  const top = () => ann.$eval(`[data-row="${watched}"]`, (node) => node.getBoundingClientRect().top);
  const before = await top();
  await elsewhere('DELETE', room, 61, 'bob');
  await ann.waitForSelector(`.line:has-text("${TOMBSTONE}")`);
  await ann.waitForTimeout(200);
  assert.ok(Math.abs((await top()) - before) <= 1, `the row moved by ${(await top()) - before} px`);
});

test('15: the editor stays where it is while others talk, and the end is in sight again after it', bounded, async () => {
  const room = newRoom('held');
  const ann = await browser.page();
  await ann.goto(server.url);
  await seed(ann, room, 40);
  await join(ann, server, 'ann', room);
  await say(ann, 'mine');
  await sees(ann, 'mine');
  await ann.press('#composer', 'ArrowUp');
  await ann.waitForSelector('.editor textarea:focus');
  const top = () => ann.$eval('.editor', (node) => node.getBoundingClientRect().top);
  const before = await top();
  const bob = await browser.page();
  await join(bob, server, 'bob', room);
  for (const text of ['b1', 'b2', 'b3\nb3\nb3']) await say(bob, text);
  await sees(ann, 'b3\nb3\nb3');
  assert.ok(Math.abs((await top()) - before) <= 1, `the editor moved by ${(await top()) - before} px`);
  await ann.keyboard.press('Escape');
  await ann.waitForFunction(END_IN_SIGHT);
});
