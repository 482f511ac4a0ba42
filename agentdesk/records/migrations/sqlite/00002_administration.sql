-- +goose Up
-- Device keys of stations. Public ones: 65 bytes of an uncompressed P-256 point.
CREATE TABLE station_keys (
    centre     TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    station    TEXT   NOT NULL,
    public_key TEXT   NOT NULL,
    created_ms BIGINT NOT NULL,
    used_ms    BIGINT NOT NULL DEFAULT 0,
    revoked_ms BIGINT NOT NULL DEFAULT 0,
    replaces   TEXT   NOT NULL DEFAULT '', -- the key that ends when this one is first used
    PRIMARY KEY (centre, id),
    FOREIGN KEY (centre, station) REFERENCES stations (centre, id)
);
CREATE INDEX station_keys_station ON station_keys (centre, station);

-- At most one enrolment code of a station is out: a new one takes its place.
CREATE TABLE enrol_codes (
    centre     TEXT   NOT NULL,
    station    TEXT   NOT NULL,
    hash       TEXT   NOT NULL,
    expires_ms BIGINT NOT NULL,
    used_ms    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (centre, station),
    UNIQUE (centre, hash),
    FOREIGN KEY (centre, station) REFERENCES stations (centre, id)
);

-- Matters of the catalogue that the centre does not take at present.
CREATE TABLE disabled_matters (
    centre TEXT   NOT NULL,
    matter TEXT   NOT NULL,
    at_ms  BIGINT NOT NULL,
    PRIMARY KEY (centre, matter)
);

CREATE INDEX audit_at ON audit (centre, at_ms, node, seq);

-- +goose Down
DROP INDEX audit_at;
DROP TABLE disabled_matters;
DROP TABLE enrol_codes;
DROP TABLE station_keys;
