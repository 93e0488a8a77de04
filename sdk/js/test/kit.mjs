// A client on fakes, connected and joined as far as a test wants.

import { ChatClient } from '../src/index.mjs';
import { FakeClock, fakeHost, fakeNetwork, fakeStorage, settle } from './fakes.mjs';

export { settle };

export function kit(options = {}) {
  const clock = new FakeClock();
  const host = fakeHost();
  const network = fakeNetwork();
  const storage = options.storage ?? fakeStorage();
  const client = new ChatClient({
    url: 'ws://server/ws',
    user: 'ann',
    ...('token' in options ? { token: options.token } : {}),
    WebSocket: network.FakeSocket,
    random: () => 0.5,
    refusal: options.refusal ?? (async () => null),
    clock,
    host,
    storage,
  });
  const states = [];
  client.on('state', ({ to }) => states.push(to));
  return { client, clock, host, network, storage, states, sockets: network.sockets, last: network.last };
}

/** Connected, and in `general` at `head`. */
export async function inRoom(options = {}) {
  const all = kit(options);
  const room = all.client.room('general');
  const heard = [];
  for (const type of ['joined', 'message', 'edit', 'delete', 'gap', 'reset', 'caught_up', 'error']) {
    room.on(type, (event) => heard.push([type, event]));
  }
  room.attach();
  all.client.connect();
  all.last().hello();
  all.last().joined('general', { head: options.head ?? 0, change: options.change ?? 0 });
  await settle();
  const seqs = () => heard.filter(([type]) => type === 'message').map(([, { seq }]) => seq);
  return { ...all, room, heard, seqs };
}

export const edit = (change, seq, content, more = {}) => ({ ...deletion(change, seq), type: 'edit', content, ...more });

export const deletion = (change, seq) => ({ type: 'delete', room: 'general', seq, change, user: 'ann', timestamp: 1_750_001_000 + change });

export const message = (seq, more = {}) => ({
  type: 'message',
  room: 'general',
  seq,
  user: 'bob',
  content: `m${seq}`,
  timestamp: 1_750_000_000 + seq,
  ...more,
});
