-- +goose Up
CREATE TABLE people (
    centre        TEXT     NOT NULL,
    login         TEXT     NOT NULL,
    name          TEXT     NOT NULL,
    role          TEXT     NOT NULL,
    seat          TEXT     NOT NULL DEFAULT '',
    password_hash TEXT     NOT NULL DEFAULT '',
    skills        TEXT     NOT NULL DEFAULT '[]',
    disabled      SMALLINT NOT NULL DEFAULT 0,
    created_ms    BIGINT   NOT NULL,
    PRIMARY KEY (centre, login)
);

CREATE TABLE sessions (
    centre       TEXT   NOT NULL,
    hash         TEXT   NOT NULL,
    person       TEXT   NOT NULL,
    face         TEXT   NOT NULL,
    created_ms   BIGINT NOT NULL,
    last_seen_ms BIGINT NOT NULL,
    expires_ms   BIGINT NOT NULL,
    PRIMARY KEY (centre, hash),
    FOREIGN KEY (centre, person) REFERENCES people (centre, login)
);
CREATE INDEX sessions_expires ON sessions (centre, expires_ms);

CREATE TABLE stations (
    centre     TEXT     NOT NULL,
    id         TEXT     NOT NULL,
    name       TEXT     NOT NULL,
    grid       TEXT     NOT NULL,
    specialist TEXT     NOT NULL DEFAULT '',
    affinity   TEXT     NOT NULL DEFAULT '',
    closed     SMALLINT NOT NULL DEFAULT 0,
    PRIMARY KEY (centre, id)
);

CREATE TABLE tickets (
    centre      TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    day         TEXT   NOT NULL,
    seq         BIGINT NOT NULL,
    number      TEXT   NOT NULL,
    case_id     TEXT   NOT NULL,
    station     TEXT   NOT NULL,
    idem_key    TEXT   NOT NULL,
    lang        TEXT   NOT NULL DEFAULT '',
    affinity    TEXT   NOT NULL DEFAULT '',
    priority    BIGINT NOT NULL DEFAULT 0,
    who         TEXT   NOT NULL DEFAULT '',
    theme       TEXT   NOT NULL DEFAULT '',
    matter      TEXT   NOT NULL DEFAULT '',
    arrived_ms  BIGINT NOT NULL,
    state       TEXT   NOT NULL,
    epoch       BIGINT NOT NULL DEFAULT 0,
    agent       TEXT   NOT NULL DEFAULT '',
    accepted_ms BIGINT NOT NULL DEFAULT 0,
    connect_ms  BIGINT NOT NULL DEFAULT 0,
    answered_ms BIGINT NOT NULL DEFAULT 0, -- first connection; a requeue does not erase it
    ended_ms    BIGINT NOT NULL DEFAULT 0,
    ended       TEXT   NOT NULL DEFAULT '',
    finished_ms BIGINT NOT NULL DEFAULT 0,
    dispo       TEXT   NOT NULL DEFAULT '',
    next_step   TEXT   NOT NULL DEFAULT '',
    note        TEXT   NOT NULL DEFAULT '',
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
    centre      TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    ticket      TEXT   NOT NULL,
    opened_ms   BIGINT NOT NULL,
    closed_ms   BIGINT NOT NULL DEFAULT 0,
    next_step   TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (centre, id),
    UNIQUE (centre, ticket),
    FOREIGN KEY (centre, ticket) REFERENCES tickets (centre, id)
);

CREATE TABLE consents (
    centre       TEXT   NOT NULL,
    ticket       TEXT   NOT NULL,
    text_version TEXT   NOT NULL,
    lang         TEXT   NOT NULL DEFAULT '',
    given_by     TEXT   NOT NULL,
    at_ms        BIGINT NOT NULL,
    withdrawn_ms BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (centre, ticket, text_version),
    FOREIGN KEY (centre, ticket) REFERENCES tickets (centre, id)
);

CREATE TABLE course (
    centre TEXT   NOT NULL,
    ticket TEXT   NOT NULL,
    seq    BIGINT NOT NULL,
    at_ms  BIGINT NOT NULL,
    kind   TEXT   NOT NULL,
    detail TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (centre, ticket, seq),
    FOREIGN KEY (centre, ticket) REFERENCES tickets (centre, id)
);

CREATE TABLE pages (
    centre      TEXT             NOT NULL,
    id          TEXT             NOT NULL,
    ticket      TEXT             NOT NULL,
    station     TEXT             NOT NULL,
    slot        TEXT             NOT NULL,
    side        TEXT             NOT NULL,
    sha256      TEXT             NOT NULL,
    bytes       BIGINT           NOT NULL,
    mime        TEXT             NOT NULL,
    width       BIGINT           NOT NULL,
    height      BIGINT           NOT NULL,
    sharp       DOUBLE PRECISION NOT NULL,
    at_ms       BIGINT           NOT NULL,
    verdict     TEXT             NOT NULL DEFAULT '',
    reason      TEXT             NOT NULL DEFAULT '',
    algorithm   TEXT             NOT NULL,
    key_id      TEXT             NOT NULL,
    wrapped_key BLOB,
    blob_path   TEXT             NOT NULL,
    deleted_ms  BIGINT           NOT NULL DEFAULT 0,
    PRIMARY KEY (centre, id),
    FOREIGN KEY (centre, ticket) REFERENCES tickets (centre, id)
);
CREATE INDEX pages_ticket ON pages (centre, ticket, at_ms);
CREATE INDEX pages_at ON pages (centre, at_ms);

CREATE TABLE slot_verdicts (
    centre   TEXT   NOT NULL,
    ticket   TEXT   NOT NULL,
    slot     TEXT   NOT NULL,
    verdict  TEXT   NOT NULL,
    reason   TEXT   NOT NULL DEFAULT '',
    given_by TEXT   NOT NULL,
    at_ms    BIGINT NOT NULL,
    PRIMARY KEY (centre, ticket, slot),
    FOREIGN KEY (centre, ticket) REFERENCES tickets (centre, id)
);

-- Every verdict on a page, in order; pages holds the present one.
CREATE TABLE page_verdicts (
    centre   TEXT   NOT NULL,
    page     TEXT   NOT NULL,
    seq      BIGINT NOT NULL,
    verdict  TEXT   NOT NULL,
    reason   TEXT   NOT NULL DEFAULT '',
    given_by TEXT   NOT NULL,
    at_ms    BIGINT NOT NULL,
    PRIMARY KEY (centre, page, seq),
    FOREIGN KEY (centre, page) REFERENCES pages (centre, id)
);

-- One hash chain per (centre, node). audit_heads is its last link, so that rows
-- cut off at the end are missed too.
CREATE TABLE audit (
    centre    TEXT   NOT NULL,
    node      TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    at_ms     BIGINT NOT NULL,
    actor     TEXT   NOT NULL,
    action    TEXT   NOT NULL,
    object    TEXT   NOT NULL,
    detail    TEXT   NOT NULL,
    prev_hash TEXT   NOT NULL,
    hash      TEXT   NOT NULL,
    PRIMARY KEY (centre, node, seq)
);
CREATE TABLE audit_heads (
    centre TEXT   NOT NULL,
    node   TEXT   NOT NULL,
    seq    BIGINT NOT NULL,
    hash   TEXT   NOT NULL,
    PRIMARY KEY (centre, node)
);

-- Minutes of the local day; a weekday without a row is closed. 0 is Sunday.
CREATE TABLE opening_hours (
    centre    TEXT     NOT NULL,
    weekday   SMALLINT NOT NULL,
    open_min  BIGINT   NOT NULL,
    close_min BIGINT   NOT NULL,
    PRIMARY KEY (centre, weekday)
);
CREATE TABLE holidays (
    centre    TEXT     NOT NULL,
    date      TEXT     NOT NULL,
    closed    SMALLINT NOT NULL DEFAULT 0,
    open_min  BIGINT   NOT NULL DEFAULT 0,
    close_min BIGINT   NOT NULL DEFAULT 0,
    note      TEXT     NOT NULL DEFAULT '',
    PRIMARY KEY (centre, date)
);

CREATE TABLE settings (
    centre TEXT NOT NULL,
    name   TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (centre, name)
);
-- Numbers that only rise: the store epoch and the ticket counter of each local day.
CREATE TABLE counters (
    centre TEXT   NOT NULL,
    name   TEXT   NOT NULL,
    value  BIGINT NOT NULL,
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
