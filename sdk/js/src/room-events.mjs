// What a room tells, and what it needs of its client. Types only.

/** @typedef {import('./frames.mjs').ServerFrame} ServerFrame */
/** @typedef {import('./frames.mjs').ClientFrame} ClientFrame */
/** @typedef {'edit' | 'delete' | 'react' | 'read'} ChangeType */
/** @typedef {import('./frames.mjs').Message} Message */
/** @typedef {import('./shelf.mjs').Entry} Entry */
/** @typedef {'detached' | 'attaching' | 'attached' | 'suspended' | 'failed'} RoomState */
/**
 * @typedef {object} RoomEvents
 * @property {RoomState} state
 * @property {{ head: number, fresh: boolean }} joined fresh: load the history; else the missing messages follow
 * @property {Message} message in rising `seq`, each once
 * @property {{ from: number, to: number, reason: string }} gap these were not sent; ask `history` for them
 * @property {{ head: number, reason: string }} reset the numbers mean something else now: load the room afresh
 * @property {{ seq: number }} caught_up
 * @property {{ users: string[], count: number }} presence
 * @property {{ user: string }} join
 * @property {{ user: string }} leave
 * @property {{ joined: string[], left: string[], count: number }} presence_change
 * @property {{ user: string }} typing
 * @property {import('./protocol.d.ts').ServerFrameOf<ChangeType>} change an edit, a deletion, a reaction, a read mark
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
 * @property {import('./host.mjs').Clock} clock
 */

export {};
