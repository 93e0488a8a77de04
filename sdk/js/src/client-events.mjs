// What a client takes and tells. Types only.

/** @typedef {'idle' | 'connecting' | 'connected' | 'waiting' | 'offline' | 'closed'} ClientState */
/**
 * @typedef {object} StateChange
 * @property {ClientState} from
 * @property {ClientState} to
 * @property {number} attempt how many in a row have failed
 * @property {number} [retryAt] when the next one is due
 * @property {number} [code] of the close
 * @property {string} [reason] of the close
 * @property {import('./codes.mjs').ChatError} [error] why it is closed for good
 */
/** @typedef {{ state: StateChange, hello: import('./frames.mjs').Hello, error: import('./codes.mjs').ChatError }} ClientEvents */
/**
 * @typedef {object} ClientOptions
 * @property {string} url of `/ws`, absolute, without a query
 * @property {string} user who the client is; with a token, whose outbox it keeps: the server takes the name from the token
 * @property {string | (() => string | Promise<string>)} [token] for a server that asks for one; a function is asked for each
 *   connection, and so again when the token has expired
 * @property {new (url: string, protocols?: string[]) => WebSocket} [WebSocket]
 * @property {import('./shelf.mjs').Store} [storage] where the outbox survives a reload
 * @property {import('./host.mjs').Clock} [clock]
 * @property {import('./host.mjs').Host} [host]
 * @property {() => number} [random]
 * @property {(url: string, token?: string) => Promise<import('./codes.mjs').ChatError | null>} [refusal] asks why the upgrade was refused
 */

export {};
