// What a room tells, and what it needs of its client. Types only.

/** @typedef {import('./frames.mjs').ServerFrame} ServerFrame */
/** @typedef {import('./frames.mjs').ClientFrame} ClientFrame */
/** @typedef {import('./protocol.d.ts').ServerFrameOf<'edit' | 'delete'>} Change */
/** @typedef {import('./frames.mjs').Message} Message */
/** @typedef {import('./shelf.mjs').Entry} Entry */
/** @typedef {'detached' | 'attaching' | 'attached' | 'suspended' | 'failed'} RoomState */
/**
 * @typedef {object} RoomEvents
 * @property {RoomState} state
 * @property {{ head: number, fresh: boolean }} joined fresh: load the history; else the missing messages follow
 * @property {Message} message in rising `seq`, each once
 * @property {{ from: number, to: number, reason: string }} gap these were not sent; ask `history` for them
 * @property {{ head: number, reason: string }} reset what is known of the room may be wrong: load it afresh. The numbers mean
 *   something else now, or (`hole`) changes were missed
 * @property {import('./protocol.d.ts').ServerFrameOf<'edit'>} edit a message says something else now; each change once and in order
 * @property {import('./protocol.d.ts').ServerFrameOf<'delete'>} delete a message is gone, but for its place
 * @property {{ seq: number }} caught_up
 * @property {{ users: string[], count: number }} presence
 * @property {{ user: string }} join
 * @property {{ user: string }} leave
 * @property {{ joined: string[], left: string[], count: number }} presence_change
 * @property {{ user: string }} typing
 * @property {import('./protocol.d.ts').ServerFrameOf<'react'>} react
 * @property {import('./protocol.d.ts').ServerFrameOf<'read'>} read
 * @property {Entry} outgoing one of our own messages changed its status
 * @property {import('./codes.mjs').ChatError} error
 */
/**
 * What a room needs of its client.
 * @typedef {object} Link
 * @property {(frame: ClientFrame) => boolean} send
 * @property {() => string} newId
 * @property {(frame: ClientFrame, options?: { signal?: AbortSignal }) => Promise<ServerFrame>} request
 * @property {import('./outbox.mjs').Outbox} outbox
 * @property {import('./changes.mjs').Changes} changes
 * @property {import('./host.mjs').Clock} clock
 */

export {};
