-- Everything of ours is in the schema `roomcast`, which the migrator has made and which is the connection's search path.

-- What the store knows of itself: see src/postgres/origin.rs.
CREATE TABLE meta (
    key text PRIMARY KEY,
    value text NOT NULL
);

-- The messages floor + 1 … head of a room are there without a hole. The head is counted here and not by a sequence:
-- a sequence keeps what a transaction took that was rolled back. Half of each page stays free, so that a new head
-- finds its place beside the old one and no index hears of it.
CREATE TABLE rooms (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    floor bigint NOT NULL DEFAULT 0 CHECK (floor >= 0),
    head bigint NOT NULL DEFAULT 0 CHECK (head >= floor)
) WITH (fillfactor = 50);

-- A user under the name that was first seen. Rows never change: messages and caches refer to them.
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identity text COLLATE "C" NOT NULL UNIQUE,
    name text NOT NULL
);

-- No foreign keys: two look-ups a row would cost more than the insert, and only append_batch writes here.
CREATE TABLE messages (
    room_id bigint NOT NULL,
    -- Every number is exact in JavaScript.
    seq bigint NOT NULL CHECK (seq BETWEEN 1 AND 9007199254740991),
    user_id bigint NOT NULL,
    -- Milliseconds since the Unix epoch, UTC.
    at bigint NOT NULL,
    -- The name that was shown, where it is not users.name.
    name text,
    nonce text COLLATE "C",
    reply_to bigint,
    content text NOT NULL,
    PRIMARY KEY (room_id, seq)
);

-- A nonce names one message of one user in one room.
CREATE UNIQUE INDEX messages_nonce ON messages (room_id, user_id, nonce) WHERE nonce IS NOT NULL;

-- Appends one batch; one row for each message, in order: its number, its time, and 0 where it is new, 1 where it was
-- there already, 2 where its nonce names another content. A version that does something else gets another name, so
-- that servers of the old version go on.
--
-- Two statements, in READ COMMITTED, where each sees what was committed before it began: the first waits until the
-- rooms are ours, all servers taking them in the same order; the second then sees the heads and nonces of whoever had
-- them before (P2, P3, P5). The lock goes with the commit, so that the order of commits is the order of numbers.
CREATE FUNCTION append_batch_v1(
    p_room bigint[], p_user bigint[], p_at bigint[], p_name text[], p_nonce text[], p_reply bigint[], p_content text[]
) RETURNS TABLE (r_seq bigint, r_at bigint, r_status smallint)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    n_locked bigint;
BEGIN
    PERFORM FROM rooms WHERE id = ANY (p_room) ORDER BY id FOR UPDATE;
    GET DIAGNOSTICS n_locked = ROW_COUNT;
    IF n_locked <> (SELECT count(DISTINCT room) FROM unnest(p_room) AS room) THEN
        RAISE EXCEPTION 'a room of this batch is not there any more';
    END IF;

    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT g.*, r.head, m.seq AS old_seq, m.at AS old_at, m.content AS old_content
        FROM unnest(p_room, p_user, p_at, p_name, p_nonce, p_reply, p_content)
            WITH ORDINALITY AS g (room_id, user_id, at, name, nonce, reply_to, content, i)
        JOIN rooms AS r ON r.id = g.room_id
        LEFT JOIN messages AS m ON m.room_id = g.room_id AND m.user_id = g.user_id AND m.nonce = g.nonce
    ),
    -- A nonce that comes twice in one batch: the first one counts. Without a nonce each stands for itself.
    judged AS (
        SELECT *,
            old_seq IS NULL AND row_number() OVER same = 1 AS is_new,
            first_value(at) OVER same AS first_at,
            first_value(content) OVER same AS first_content
        FROM given
        WINDOW same AS (PARTITION BY room_id, user_id, nonce, CASE WHEN nonce IS NULL THEN i END ORDER BY i)
    ),
    -- Only what is new takes a number (P4).
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
        (CASE WHEN is_new THEN 0 WHEN content = coalesce(old_content, first_content) THEN 1 ELSE 2 END)::smallint
    FROM numbered ORDER BY i;
END
$$;
