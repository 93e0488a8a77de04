-- A message's row shows what it says now. When it was edited last, or deleted, in milliseconds since the Unix epoch, UTC;
-- at most one of the two. A deleted message has no content any more.
ALTER TABLE messages ADD COLUMN edited bigint;
ALTER TABLE messages ADD COLUMN deleted bigint;
-- What roomcast::store::first_hash makes of the first content, where the message has a nonce and says something else now.
ALTER TABLE messages ADD COLUMN first_hash bytea;

-- The newest change's number, counted as the head is.
ALTER TABLE rooms ADD COLUMN change bigint NOT NULL DEFAULT 0 CHECK (change >= 0);

-- What was done to messages, for those who have seen them as they were: 1, 2, 3, … in each room. Retention takes the
-- oldest, those that stand in front of the oldest message that is kept, and never the newest.
CREATE TABLE changes (
    room_id bigint NOT NULL,
    change bigint NOT NULL CHECK (change BETWEEN 1 AND 9007199254740991),
    -- The room's newest message at the time: the change stands behind it. It never falls.
    after bigint NOT NULL,
    -- The message that was changed.
    seq bigint NOT NULL,
    user_id bigint NOT NULL,
    -- Milliseconds since the Unix epoch, UTC.
    at bigint NOT NULL,
    -- The name that was shown, where it is not users.name.
    name text,
    kind text NOT NULL CHECK (kind IN ('edit', 'delete')),
    -- Of an edit, until its message is deleted.
    content text,
    PRIMARY KEY (room_id, change)
);

-- Which edits to erase with a message.
CREATE INDEX changes_message ON changes (room_id, seq);

-- roomcast::store::first_hash.
CREATE FUNCTION first_hash_v1(p_nonce text, p_content text) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(convert_to(p_nonce, 'UTF8') || '\x00'::bytea || convert_to(p_content, 'UTF8'))
$$;

-- Appends messages; the caller has their rooms. One row for each, in order: its number, its time, 0 where it is new, 1
-- where it was there already, 2 where its nonce names another content; and where the room stands with it.
--
-- As append_batch_v1, but for what a message that was changed said at first.
CREATE FUNCTION append_messages_v2(
    p_room bigint[], p_user bigint[], p_at bigint[], p_name text[], p_nonce text[], p_reply bigint[], p_content text[]
) RETURNS TABLE (r_seq bigint, r_at bigint, r_status smallint, r_head bigint, r_change bigint)
LANGUAGE sql VOLATILE AS $$
    WITH given AS MATERIALIZED (
        SELECT g.*, r.head, r.change, m.seq AS old_seq, m.at AS old_at,
            CASE WHEN m.first_hash IS NULL THEN m.content = g.content
                 ELSE m.first_hash = first_hash_v1(g.nonce, g.content) END AS is_as_before
        FROM unnest(p_room, p_user, p_at, p_name, p_nonce, p_reply, p_content)
            WITH ORDINALITY AS g (room_id, user_id, at, name, nonce, reply_to, content, i)
        JOIN rooms AS r ON r.id = g.room_id
        LEFT JOIN messages AS m ON m.room_id = g.room_id AND m.user_id = g.user_id AND m.nonce = g.nonce
    ),
    judged AS (
        SELECT *,
            old_seq IS NULL AND row_number() OVER same = 1 AS is_new,
            first_value(at) OVER same AS first_at,
            first_value(content) OVER same AS first_content
        FROM given
        WINDOW same AS (PARTITION BY room_id, user_id, nonce, CASE WHEN nonce IS NULL THEN i END ORDER BY i)
    ),
    counted AS (
        SELECT *, head + count(*) FILTER (WHERE is_new) OVER (PARTITION BY room_id ORDER BY i) AS n FROM judged
    ),
    numbered AS MATERIALIZED (
        SELECT *, coalesce(old_seq, first_value(n) OVER same) AS seq FROM counted
        WINDOW same AS (PARTITION BY room_id, user_id, nonce, CASE WHEN nonce IS NULL THEN i END ORDER BY i)
    ),
    inserted AS (
        INSERT INTO messages (room_id, seq, user_id, at, name, nonce, reply_to, content)
        SELECT room_id, seq, user_id, at, name, nonce, reply_to, content
        FROM numbered WHERE is_new ORDER BY room_id, seq
    ),
    moved AS (
        UPDATE rooms SET head = top.seq
        FROM (SELECT room_id, max(seq) AS seq FROM numbered WHERE is_new GROUP BY room_id) AS top
        WHERE rooms.id = top.room_id
    )
    SELECT seq, coalesce(old_at, first_at),
        (CASE WHEN is_new THEN 0 WHEN coalesce(is_as_before, content = first_content) THEN 1 ELSE 2 END)::smallint,
        n, change
    FROM numbered ORDER BY i
$$;

-- Changes a message; the caller has its room. A content edits it, NULL deletes it. The row is as of append_messages_v2, the
-- number being the message's; 3 where there is no such message or it was deleted, 4 where it is somebody else's.
CREATE FUNCTION change_message_v2(p_room bigint, p_user bigint, p_at bigint, p_name text, p_seq bigint, p_content text)
RETURNS TABLE (r_seq bigint, r_at bigint, r_status smallint, r_head bigint, r_change bigint)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_room rooms%ROWTYPE;
    v_message messages%ROWTYPE;
BEGIN
    SELECT * INTO v_room FROM rooms WHERE id = p_room;
    SELECT * INTO v_message FROM messages WHERE room_id = p_room AND seq = p_seq;
    IF NOT FOUND THEN
        RETURN QUERY SELECT p_seq, p_at, 3::smallint, v_room.head, v_room.change;
    ELSIF v_message.user_id <> p_user THEN
        RETURN QUERY SELECT p_seq, p_at, 4::smallint, v_room.head, v_room.change;
    ELSIF v_message.deleted IS NOT NULL THEN
        -- Deleted again it is a repetition, edited it is not there.
        RETURN QUERY SELECT p_seq, v_message.deleted, (CASE WHEN p_content IS NULL THEN 1 ELSE 3 END)::smallint,
            v_room.head, v_room.change;
    ELSIF v_message.content = p_content THEN
        RETURN QUERY SELECT p_seq, coalesce(v_message.edited, v_message.at), 1::smallint, v_room.head, v_room.change;
    ELSE
        UPDATE messages SET
            content = coalesce(p_content, ''),
            edited = CASE WHEN p_content IS NOT NULL THEN p_at END,
            deleted = CASE WHEN p_content IS NULL THEN p_at END,
            first_hash = coalesce(v_message.first_hash, first_hash_v1(v_message.nonce, v_message.content))
        WHERE room_id = p_room AND seq = p_seq;
        IF p_content IS NULL THEN
            UPDATE changes SET content = NULL WHERE room_id = p_room AND seq = p_seq;
        END IF;
        INSERT INTO changes (room_id, change, after, seq, user_id, at, name, kind, content)
        VALUES (p_room, v_room.change + 1, v_room.head, p_seq, p_user, p_at, p_name,
            CASE WHEN p_content IS NULL THEN 'delete' ELSE 'edit' END, p_content);
        UPDATE rooms SET change = v_room.change + 1 WHERE id = p_room;
        RETURN QUERY SELECT p_seq, p_at, 0::smallint, v_room.head, v_room.change + 1;
    END IF;
END
$$;

-- Appends one batch of messages and changes: p_target is NULL for a message, and the message's number for a change of it.
-- The locking is that of append_batch_v1, which servers of the older version still call.
CREATE FUNCTION append_batch_v2(
    p_room bigint[], p_user bigint[], p_at bigint[], p_name text[], p_nonce text[], p_reply bigint[], p_content text[],
    p_target bigint[]
) RETURNS TABLE (r_seq bigint, r_at bigint, r_status smallint, r_head bigint, r_change bigint)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    n_locked bigint;
BEGIN
    PERFORM FROM rooms WHERE id = ANY (p_room) ORDER BY id FOR UPDATE;
    GET DIAGNOSTICS n_locked = ROW_COUNT;
    IF n_locked <> (SELECT count(DISTINCT room) FROM unnest(p_room) AS room) THEN
        RAISE EXCEPTION 'a room of this batch is not there any more';
    END IF;

    IF array_remove(p_target, NULL) = '{}' THEN
        RETURN QUERY SELECT * FROM append_messages_v2(p_room, p_user, p_at, p_name, p_nonce, p_reply, p_content);
        RETURN;
    END IF;
    -- In their order, each seeing what the ones before it did.
    FOR i IN 1 .. cardinality(p_room) LOOP
        IF p_target[i] IS NULL THEN
            RETURN QUERY SELECT * FROM append_messages_v2(
                p_room[i:i], p_user[i:i], p_at[i:i], p_name[i:i], p_nonce[i:i], p_reply[i:i], p_content[i:i]);
        ELSE
            RETURN QUERY SELECT * FROM change_message_v2(
                p_room[i], p_user[i], p_at[i], p_name[i], p_target[i], p_content[i]);
        END IF;
    END LOOP;
END
$$;
