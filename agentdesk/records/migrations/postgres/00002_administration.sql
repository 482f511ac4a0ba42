-- +goose Up
-- Device keys of stations. Public ones: 65 bytes of an uncompressed P-256 point.
CREATE TABLE station_keys (
    centre     TEXT COLLATE "C" NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    station    TEXT COLLATE "C" NOT NULL,
    public_key TEXT COLLATE "C" NOT NULL,
    created_ms BIGINT           NOT NULL,
    used_ms    BIGINT           NOT NULL DEFAULT 0,
    revoked_ms BIGINT           NOT NULL DEFAULT 0,
    replaces   TEXT COLLATE "C" NOT NULL DEFAULT '', -- the key that ends when this one is first used
    PRIMARY KEY (centre, id),
    FOREIGN KEY (centre, station) REFERENCES stations (centre, id)
);
CREATE INDEX station_keys_station ON station_keys (centre, station);

-- At most one enrolment code of a station is out: a new one takes its place.
CREATE TABLE enrol_codes (
    centre     TEXT COLLATE "C" NOT NULL,
    station    TEXT COLLATE "C" NOT NULL,
    hash       TEXT COLLATE "C" NOT NULL,
    expires_ms BIGINT           NOT NULL,
    used_ms    BIGINT           NOT NULL DEFAULT 0,
    PRIMARY KEY (centre, station),
    UNIQUE (centre, hash),
    FOREIGN KEY (centre, station) REFERENCES stations (centre, id)
);

-- Matters of the catalogue that the centre does not take at present.
CREATE TABLE disabled_matters (
    centre TEXT COLLATE "C" NOT NULL,
    matter TEXT COLLATE "C" NOT NULL,
    at_ms  BIGINT           NOT NULL,
    PRIMARY KEY (centre, matter)
);

CREATE INDEX audit_at ON audit (centre, at_ms, node, seq);

-- +goose Down
DROP INDEX audit_at;
DROP TABLE disabled_matters;
DROP TABLE enrol_codes;
DROP TABLE station_keys;
