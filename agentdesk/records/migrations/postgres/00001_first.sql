-- The tables of migrations/sqlite, name by name. Text compares by bytes, as it does
-- there: without COLLATE the order of a list would be that of the server's language.

-- +goose Up
CREATE TABLE people (
    centre        TEXT COLLATE "C" NOT NULL,
    login         TEXT COLLATE "C" NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    role          TEXT COLLATE "C" NOT NULL,
    seat          TEXT COLLATE "C" NOT NULL DEFAULT '',
    password_hash TEXT COLLATE "C" NOT NULL DEFAULT '',
    skills        TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    disabled      SMALLINT         NOT NULL DEFAULT 0,
    created_ms    BIGINT           NOT NULL,
    PRIMARY KEY (centre, login)
);

CREATE TABLE sessions (
    centre       TEXT COLLATE "C" NOT NULL,
    hash         TEXT COLLATE "C" NOT NULL,
    person       TEXT COLLATE "C" NOT NULL,
    face         TEXT COLLATE "C" NOT NULL,
    created_ms   BIGINT           NOT NULL,
    last_seen_ms BIGINT           NOT NULL,
    expires_ms   BIGINT           NOT NULL,
    PRIMARY KEY (centre, hash),
    FOREIGN KEY (centre, person) REFERENCES people (centre, login)
);
CREATE INDEX sessions_expires ON sessions (centre, expires_ms);

CREATE TABLE stations (
    centre     TEXT COLLATE "C" NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    grid       TEXT COLLATE "C" NOT NULL,
    specialist TEXT COLLATE "C" NOT NULL DEFAULT '',
    affinity   TEXT COLLATE "C" NOT NULL DEFAULT '',
    closed     SMALLINT         NOT NULL DEFAULT 0,
    PRIMARY KEY (centre, id)
);

CREATE TABLE tickets (
    centre      TEXT COLLATE "C" NOT NULL,
    id          TEXT COLLATE "C" NOT NULL,
    day         TEXT COLLATE "C" NOT NULL,
    seq         BIGINT           NOT NULL,
    number      TEXT COLLATE "C" NOT NULL,
    case_id     TEXT COLLATE "C" NOT NULL,
    station     TEXT COLLATE "C" NOT NULL,
    idem_key    TEXT COLLATE "C" NOT NULL,
    lang        TEXT COLLATE "C" NOT NULL DEFAULT '',
    affinity    TEXT COLLATE "C" NOT NULL DEFAULT '',
    priority    BIGINT           NOT NULL DEFAULT 0,
    who         TEXT COLLATE "C" NOT NULL DEFAULT '',
    theme       TEXT COLLATE "C" NOT NULL DEFAULT '',
    matter      TEXT COLLATE "C" NOT NULL DEFAULT '',
    arrived_ms  BIGINT           NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    epoch       BIGINT           NOT NULL DEFAULT 0,
    agent       TEXT COLLATE "C" NOT NULL DEFAULT '',
    accepted_ms BIGINT           NOT NULL DEFAULT 0,
    connect_ms  BIGINT           NOT NULL DEFAULT 0,
    answered_ms BIGINT           NOT NULL DEFAULT 0, -- first connection; a requeue does not erase it
    ended_ms    BIGINT           NOT NULL DEFAULT 0,
    ended       TEXT COLLATE "C" NOT NULL DEFAULT '',
    finished_ms BIGINT           NOT NULL DEFAULT 0,
    dispo       TEXT COLLATE "C" NOT NULL DEFAULT '',
    next_step   TEXT COLLATE "C" NOT NULL DEFAULT '',
    note        TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (centre, id),
    UNIQUE (centre, station, idem_key),
    UNIQUE (centre, day, seq),
    FOREIGN KEY (centre, station) REFERENCES stations (centre, id)
);
-- At most one ticket of a station waits or talks (architecture 2).
CREATE UNIQUE INDEX tickets_of_station ON tickets (centre, station) WHERE state IN ('waiting', 'active');
CREATE INDEX tickets_open ON tickets (centre, arrived_ms) WHERE state <> 'closed';
CREATE INDEX tickets_arrived ON tickets (centre, arrived_ms);
CREATE INDEX tickets_agent ON tickets (centre, agent, finished_ms);

CREATE TABLE cases (
    centre    TEXT COLLATE "C" NOT NULL,
    id        TEXT COLLATE "C" NOT NULL,
    ticket    TEXT COLLATE "C" NOT NULL,
    opened_ms BIGINT           NOT NULL,
    closed_ms BIGINT           NOT NULL DEFAULT 0,
    next_step TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (centre, id),
    UNIQUE (centre, ticket),
    FOREIGN KEY (centre, ticket) REFERENCES tickets (centre, id)
);

CREATE TABLE consents (
    centre       TEXT COLLATE "C" NOT NULL,
    ticket       TEXT COLLATE "C" NOT NULL,
    text_version TEXT COLLATE "C" NOT NULL,
    lang         TEXT COLLATE "C" NOT NULL DEFAULT '',
    given_by     TEXT COLLATE "C" NOT NULL,
    at_ms        BIGINT           NOT NULL,
    withdrawn_ms BIGINT           NOT NULL DEFAULT 0,
    PRIMARY KEY (centre, ticket, text_version),
    FOREIGN KEY (centre, ticket) REFERENCES tickets (centre, id)
);

CREATE TABLE course (
    centre TEXT COLLATE "C" NOT NULL,
    ticket TEXT COLLATE "C" NOT NULL,
    seq    BIGINT           NOT NULL,
    at_ms  BIGINT           NOT NULL,
    kind   TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (centre, ticket, seq),
    FOREIGN KEY (centre, ticket) REFERENCES tickets (centre, id)
);

CREATE TABLE pages (
    centre      TEXT COLLATE "C" NOT NULL,
    id          TEXT COLLATE "C" NOT NULL,
    ticket      TEXT COLLATE "C" NOT NULL,
    station     TEXT COLLATE "C" NOT NULL,
    slot        TEXT COLLATE "C" NOT NULL,
    side        TEXT COLLATE "C" NOT NULL,
    sha256      TEXT COLLATE "C" NOT NULL,
    bytes       BIGINT           NOT NULL,
    mime        TEXT COLLATE "C" NOT NULL,
    width       BIGINT           NOT NULL,
    height      BIGINT           NOT NULL,
    sharp       DOUBLE PRECISION NOT NULL,
    at_ms       BIGINT           NOT NULL,
    verdict     TEXT COLLATE "C" NOT NULL DEFAULT '',
    reason      TEXT COLLATE "C" NOT NULL DEFAULT '',
    algorithm   TEXT COLLATE "C" NOT NULL,
    key_id      TEXT COLLATE "C" NOT NULL,
    wrapped_key BYTEA,
    blob_path   TEXT COLLATE "C" NOT NULL,
    deleted_ms  BIGINT           NOT NULL DEFAULT 0,
    PRIMARY KEY (centre, id),
    FOREIGN KEY (centre, ticket) REFERENCES tickets (centre, id)
);
CREATE INDEX pages_ticket ON pages (centre, ticket, at_ms);
CREATE INDEX pages_at ON pages (centre, at_ms);

CREATE TABLE slot_verdicts (
    centre   TEXT COLLATE "C" NOT NULL,
    ticket   TEXT COLLATE "C" NOT NULL,
    slot     TEXT COLLATE "C" NOT NULL,
    verdict  TEXT COLLATE "C" NOT NULL,
    reason   TEXT COLLATE "C" NOT NULL DEFAULT '',
    given_by TEXT COLLATE "C" NOT NULL,
    at_ms    BIGINT           NOT NULL,
    PRIMARY KEY (centre, ticket, slot),
    FOREIGN KEY (centre, ticket) REFERENCES tickets (centre, id)
);

-- Every verdict on a page, in order; pages holds the present one.
CREATE TABLE page_verdicts (
    centre   TEXT COLLATE "C" NOT NULL,
    page     TEXT COLLATE "C" NOT NULL,
    seq      BIGINT           NOT NULL,
    verdict  TEXT COLLATE "C" NOT NULL,
    reason   TEXT COLLATE "C" NOT NULL DEFAULT '',
    given_by TEXT COLLATE "C" NOT NULL,
    at_ms    BIGINT           NOT NULL,
    PRIMARY KEY (centre, page, seq),
    FOREIGN KEY (centre, page) REFERENCES pages (centre, id)
);

-- One hash chain per (centre, node). audit_heads is its last link, so that rows
-- cut off at the end are missed too.
CREATE TABLE audit (
    centre    TEXT COLLATE "C" NOT NULL,
    node      TEXT COLLATE "C" NOT NULL,
    seq       BIGINT           NOT NULL,
    at_ms     BIGINT           NOT NULL,
    actor     TEXT COLLATE "C" NOT NULL,
    action    TEXT COLLATE "C" NOT NULL,
    object    TEXT COLLATE "C" NOT NULL,
    detail    TEXT COLLATE "C" NOT NULL,
    prev_hash TEXT COLLATE "C" NOT NULL,
    hash      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (centre, node, seq)
);
CREATE TABLE audit_heads (
    centre TEXT COLLATE "C" NOT NULL,
    node   TEXT COLLATE "C" NOT NULL,
    seq    BIGINT           NOT NULL,
    hash   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (centre, node)
);

-- Minutes of the local day; a weekday without a row is closed. 0 is Sunday.
CREATE TABLE opening_hours (
    centre    TEXT COLLATE "C" NOT NULL,
    weekday   SMALLINT         NOT NULL,
    open_min  BIGINT           NOT NULL,
    close_min BIGINT           NOT NULL,
    PRIMARY KEY (centre, weekday)
);
CREATE TABLE holidays (
    centre    TEXT COLLATE "C" NOT NULL,
    date      TEXT COLLATE "C" NOT NULL,
    closed    SMALLINT         NOT NULL DEFAULT 0,
    open_min  BIGINT           NOT NULL DEFAULT 0,
    close_min BIGINT           NOT NULL DEFAULT 0,
    note      TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (centre, date)
);

CREATE TABLE settings (
    centre TEXT COLLATE "C" NOT NULL,
    name   TEXT COLLATE "C" NOT NULL,
    value  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (centre, name)
);
-- Numbers that only rise: the store epoch and the ticket counter of each local day.
CREATE TABLE counters (
    centre TEXT COLLATE "C" NOT NULL,
    name   TEXT COLLATE "C" NOT NULL,
    value  BIGINT           NOT NULL,
    PRIMARY KEY (centre, name)
);

-- +goose Down
DROP TABLE counters;
DROP TABLE settings;
DROP TABLE holidays;
DROP TABLE opening_hours;
DROP TABLE audit_heads;
DROP TABLE audit;
DROP TABLE page_verdicts;
DROP TABLE slot_verdicts;
DROP TABLE pages;
DROP TABLE course;
DROP TABLE consents;
DROP TABLE cases;
DROP TABLE tickets;
DROP TABLE stations;
DROP TABLE sessions;
DROP TABLE people;
