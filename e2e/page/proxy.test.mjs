// Behind a proxy, under a path that the server knows nothing of.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import test, { after } from 'node:test';
import { inRoom, join, newRoom, say, sees, stage } from './kit.mjs';

const { server, browser } = await stage({ after });
const PREFIX = '/team/chat';

/** Strips the prefix, as `location /team/chat/ { proxy_pass http://…/; }` does. */
async function proxy() {
  const below = (url) => (url.startsWith(`${PREFIX}/`) ? url.slice(PREFIX.length) : null);
  const front = createServer((incoming, outgoing) => {
    const path = below(incoming.url);
    if (path === null) return outgoing.writeHead(404).end();
    const onward = request({ port: server.port, path, method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  front.on('upgrade', (incoming, socket) => {
    const upstream = connect(server.port, '127.0.0.1', () => {
      const headers = Object.entries(incoming.headers).map(([name, value]) => `${name}: ${value}\r\n`);
      upstream.write(`GET ${below(incoming.url)} HTTP/1.1\r\n${headers.join('')}\r\n`);
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  after(() => front.closeAllConnections());
  after(() => front.close());
  return `http://127.0.0.1:${front.address().port}${PREFIX}/`;
}

test('56: the page works from a sub-path, and asks for nothing outside it', { timeout: 60_000 }, async () => {
  const url = await proxy();
  const room = newRoom('proxy');
  const page = await browser.page();
  const failed = [];
  page.on('response', (response) => response.status() >= 400 && failed.push(response.url()));
  await join(page, { url }, 'ann', room);
  await say(page, 'through the proxy');
  await sees(page, 'through the proxy');
  await page.reload();
  await inRoom(page, 'ann');
  await sees(page, 'through the proxy');
  assert.equal(page.url(), `${url}#/${room}`);
  assert.deepEqual(failed, []);
});
