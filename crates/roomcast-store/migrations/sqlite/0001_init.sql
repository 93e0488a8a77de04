-- What the store knows of itself: see src/sqlite/run.rs.
CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The messages floor + 1, floor + 2, … of a room are there without a hole. Retention, when there is one, moves the
-- floor and always leaves the newest message, whose number is the head.
CREATE TABLE rooms (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    floor INTEGER NOT NULL DEFAULT 0 CHECK (floor >= 0)
) STRICT;

-- A user under the name that was first seen. Rows never change: messages and caches refer to them.
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
) STRICT;

-- In order of room and number on disk, so that a page is one walk. No foreign keys: the writer alone gives the ids,
-- in the same transaction, and two look-ups a row would cost more than the insert.
CREATE TABLE messages (
    room_id INTEGER NOT NULL,
    -- Every number is exact in JavaScript.
    seq INTEGER NOT NULL CHECK (seq BETWEEN 1 AND 9007199254740991),
    user_id INTEGER NOT NULL,
    -- Milliseconds since the Unix epoch, UTC.
    at INTEGER NOT NULL,
    -- The name that was shown, where it is not users.name.
    name TEXT,
    nonce TEXT,
    reply_to INTEGER,
    content TEXT NOT NULL,
    PRIMARY KEY (room_id, seq)
) STRICT, WITHOUT ROWID;

-- A nonce names one message of one user in one room.
CREATE UNIQUE INDEX messages_nonce ON messages (room_id, user_id, nonce) WHERE nonce IS NOT NULL;
