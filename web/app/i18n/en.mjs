// Every word the page says.

const plural = new Intl.PluralRules('en');
/** @param {number} n @param {string} one @param {string} other */
const count = (n, one, other) => `${n.toLocaleString('en')} ${plural.select(n) === 'one' ? one : other}`;
const list = new Intl.ListFormat('en', { type: 'conjunction' });

export const locale = 'en';

export const t = {
  app: 'Roomcast',
  tagline: 'Pick a name and start talking.',
  title: (/** @type {string} */ room, /** @type {number} */ unread) => `${unread > 0 ? `(${unread}) ` : ''}#${room} · Roomcast`,
  skip: 'Skip to the message field',

  yourName: 'Your name',
  nameHint: 'Others see it beside what you write.',
  room: 'Room',
  roomHint: 'Join one, or type a new name to start it.',
  join: 'Join',
  activeRooms: 'Active rooms',
  nameFault: {
    empty: () => 'Please enter a name.',
    long: () => 'A name can have 32 characters at most.',
    chars: (/** @type {string} */ instead) => `A name has no spaces and no symbols like emoji.${instead ? ` How about “${instead}”?` : ''}`,
    refused: () => 'The server does not take this name. Please choose another.',
  },
  roomFault: {
    empty: 'Please enter a room.',
    long: 'That name is too long.',
    chars: 'Use letters, digits, “-”, “_” and “.” only.',
  },

  rooms: 'Rooms',
  openRooms: 'Open rooms',
  newRoom: 'Join or create a room',
  newRoomPlaceholder: 'room-name',
  newRoomGo: 'Go to room',
  leaveRoom: (/** @type {string} */ room) => `Leave #${room}`,
  unread: (/** @type {number} */ n) => count(n, 'unread message', 'unread messages'),
  unreadShort: (/** @type {number} */ n) => (n > 99 ? '99+' : String(n)),
  otherRooms: 'Discover',
  yourRooms: 'Your rooms',

  people: 'People',
  openPeople: 'Show people',
  peopleCount: (/** @type {number} */ n) => count(n, 'person here', 'people here'),
  peopleMore: (/** @type {number} */ n) => `and ${count(n, 'more', 'more')}`,
  you: 'you',
  close: 'Close',

  theme: { system: 'Theme: as the system', light: 'Theme: light', dark: 'Theme: dark' },
  changeName: 'Change name',
  signedInAs: (/** @type {string} */ name) => `You are ${name}`,

  messages: (/** @type {string} */ room) => `Messages in #${room}`,
  loading: 'Loading messages…',
  loadingOlder: 'Loading older messages…',
  loadFailed: 'The messages could not be loaded.',
  tryAgain: 'Try again',
  start: (/** @type {string} */ room) => `This is the beginning of #${room}`,
  emptyTitle: (/** @type {string} */ room) => `#${room} is quiet so far`,
  emptyAlone: 'You are the first one here. Send the link to whoever should join, or just write: it will be here when they come.',
  emptyCompany: (/** @type {readonly string[]} */ names) => `${list.format(names)} ${names.length === 1 ? 'is' : 'are'} here. Say hello.`,
  copyLink: 'Copy link to this room',
  copied: 'Link copied',
  gap: 'Some messages are missing here.',
  gapLoad: 'Load them',
  latest: 'Jump to latest',
  newMessages: (/** @type {number} */ n) => count(n, 'new message', 'new messages'),
  rowLabel: (/** @type {string} */ user, /** @type {string} */ time, /** @type {string} */ text, /** @type {string} */ state) =>
    `${user}, ${time}${state && `, ${state}`}: ${text}`,
  rowState: { failed: 'not sent', pending: 'being sent', sent: '' },
  said: (/** @type {string} */ user, /** @type {string} */ text) => `${user}: ${text}`,

  edited: '(edited)',
  deleted: 'This message was deleted.',
  sending: 'Sending…',
  waiting: 'Waiting for the connection',
  tooFast: (/** @type {number} */ s) => `A little fast. Goes out in ${s} s.`,
  later: (/** @type {number} */ s) => `The server is busy. Tried again in ${s} s.`,
  failed: 'Not sent.',
  retry: 'Retry',
  discard: 'Delete',
  why: /** @type {Record<string, string>} */ ({
    timeout: 'The server did not answer.',
    forbidden: 'You may not write in this room.',
    too_large: 'It is too long.',
    empty: 'It has no text.',
    nonce_conflict: 'It was changed after it was sent.',
    closed: 'The connection is closed.',
  }),
  outboxFull: 'Too many messages are waiting already. Wait for the connection, then send again.',

  message: (/** @type {string} */ room) => `Message #${room}`,
  send: 'Send',
  composerHint: 'Enter sends, Shift + Enter starts a new line',
  left: (/** @type {number} */ n) => `${count(n, 'character', 'characters')} left`,
  over: (/** @type {number} */ n) => `${count(n, 'character', 'characters')} too many. A message can have 4,000.`,
  overBytes: 'Too long for one message.',

  typing: (/** @type {readonly string[]} */ names) =>
    names.length > 3 ? 'Several people are typing…' : `${list.format(names)} ${names.length === 1 ? 'is' : 'are'} typing…`,

  connecting: 'Connecting…',
  reconnectIn: (/** @type {number} */ s) => (s > 0 ? `Connection lost. Trying again in ${s} s.` : 'Reconnecting…'),
  offline: 'You are offline.',
  waitingMessages: (/** @type {number} */ n) => `${count(n, 'message', 'messages')} waiting.`,
  retryNow: 'Retry now',
  closed: 'The connection was closed.',
  refusedWhy: /** @type {Record<string, string>} */ ({
    unauthenticated: 'Please sign in to join here.',
    forbidden: 'You may not join here.',
  }),
  closedWhy: /** @type {Record<number, string>} */ ({
    4501: 'Your sign-in is not valid any more.',
    4503: 'You may not join here.',
    4504: 'You were removed from this chat.',
    4530: 'You have too many connections open.',
  }),
  connectAgain: 'Connect again',
  roomError: /** @type {Record<string, string>} */ ({
    forbidden: 'You may not join this room.',
    no_such_room: 'There is no such room.',
    bad_name: 'No room can have this name.',
    limit: 'You are in too many rooms.',
  }),
  nowhere: 'You are in no room. Join one from the list, or type a new name.',
  roomFailed: 'This room could not be joined.',
};
