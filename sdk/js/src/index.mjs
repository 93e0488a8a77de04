// The public face of the Roomcast client.

export { ChatClient } from './client.mjs';
export { ChatError, closeClass } from './codes.mjs';
export { LIMIT as OUTBOX_LIMIT } from './outbox.mjs';
export { Room } from './room.mjs';
