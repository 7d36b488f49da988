PRAGMA user_version = 1;

-- One row per call to a server, from before it is made. Money is in picodollars, times are seconds since 1970.
CREATE TABLE attempts (
    id             INTEGER PRIMARY KEY,
    key            TEXT NOT NULL,
    dataset        TEXT NOT NULL,
    partition      TEXT NOT NULL,
    purpose        TEXT NOT NULL,
    label          TEXT NOT NULL,
    model          TEXT NOT NULL,
    prompt_version TEXT NOT NULL,
    prompt_characters INTEGER NOT NULL,       -- of the part that varies: what forecasts are made from
    turn           TEXT NOT NULL,             -- first | more_room | repair | wider_repair
    status         TEXT NOT NULL,             -- reserved | answered | failed (not charged) | lost (perhaps charged)
    reserved_pico  INTEGER NOT NULL,
    cost_pico      INTEGER NOT NULL DEFAULT 0,
    input_tokens   INTEGER NOT NULL DEFAULT 0,
    cache_write_5m INTEGER NOT NULL DEFAULT 0,
    cache_write_1h INTEGER NOT NULL DEFAULT 0,
    cache_read     INTEGER NOT NULL DEFAULT 0,
    output_tokens  INTEGER NOT NULL DEFAULT 0,
    stop_reason    TEXT NOT NULL DEFAULT '',
    category       TEXT NOT NULL DEFAULT '',  -- of a refusal
    request_id     TEXT NOT NULL DEFAULT '',
    response       TEXT NOT NULL DEFAULT '',
    reason         TEXT NOT NULL DEFAULT '',  -- why there is no answer
    batch          INTEGER,                   -- the row of `batches` it was sent with
    process        TEXT NOT NULL,
    started        REAL NOT NULL,
    expires        REAL NOT NULL,             -- later than this nobody can be waiting for the answer
    finished       REAL
);
CREATE INDEX attempts_by_key ON attempts (key);
CREATE INDEX attempts_under_way ON attempts (process) WHERE status = 'reserved';
CREATE INDEX attempts_by_batch ON attempts (batch) WHERE batch IS NOT NULL;

-- What became of each request. `final`: it is not asked again.
CREATE TABLE outcomes (
    key            TEXT PRIMARY KEY,
    dataset        TEXT NOT NULL,
    partition      TEXT NOT NULL,
    purpose        TEXT NOT NULL,
    label          TEXT NOT NULL,
    model          TEXT NOT NULL,
    prompt_version TEXT NOT NULL,
    status         TEXT NOT NULL,             -- answered | quarantined | unasked
    cause          TEXT NOT NULL,
    reason         TEXT NOT NULL,
    final          INTEGER NOT NULL,
    finished       REAL NOT NULL
) WITHOUT ROWID;

-- What a dataset has cost and may cost by what is under way: the sums over its attempts, kept with them.
CREATE TABLE spending (
    dataset        TEXT PRIMARY KEY,
    settled_pico   INTEGER NOT NULL,
    reserved_pico  INTEGER NOT NULL
) WITHOUT ROWID;

-- Message Batches. `server_id` is empty from before a batch is created until the server has named it.
CREATE TABLE batches (
    id             INTEGER PRIMARY KEY,
    dataset        TEXT NOT NULL,
    server_id      TEXT NOT NULL DEFAULT '',
    status         TEXT NOT NULL,             -- filling | intended | unsure | created | collected | released
    process        TEXT NOT NULL,
    started        REAL NOT NULL,
    finished       REAL
);
