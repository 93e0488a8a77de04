-- A message's row shows what it says now. When it was edited last, or deleted, in milliseconds since the Unix epoch, UTC;
-- at most one of the two. A deleted message has no content any more.
ALTER TABLE messages ADD COLUMN edited INTEGER;
ALTER TABLE messages ADD COLUMN deleted INTEGER;
-- What roomcast::store::first_hash makes of the first content, where the message has a nonce and says something else now.
ALTER TABLE messages ADD COLUMN first_hash BLOB;

-- What was done to messages, for those who have seen them as they were: 1, 2, 3, … in each room. Retention, when there is
-- one, takes the oldest (those that stand in front of the oldest message that is kept) but never the newest, whose number
-- is the room's.
CREATE TABLE changes (
    room_id INTEGER NOT NULL,
    change INTEGER NOT NULL CHECK (change BETWEEN 1 AND 9007199254740991),
    -- The room's newest message at the time: the change stands behind it. It never falls.
    after INTEGER NOT NULL,
    -- The message that was changed.
    seq INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    -- Milliseconds since the Unix epoch, UTC.
    at INTEGER NOT NULL,
    -- The name that was shown, where it is not users.name.
    name TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('edit', 'delete')),
    -- Of an edit, until its message is deleted.
    content TEXT,
    PRIMARY KEY (room_id, change)
) STRICT, WITHOUT ROWID;

-- Which edits to erase with a message.
CREATE INDEX changes_message ON changes (room_id, seq);
