-- +goose Up
-- Call-backs, appointments and pre-reviews are tickets too.
ALTER TABLE tickets ADD COLUMN kind TEXT NOT NULL DEFAULT 'call'; -- call, callback, booking, prereview
ALTER TABLE tickets ADD COLUMN due_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN backup TEXT NOT NULL DEFAULT ''; -- asked while the own agent is not there
ALTER TABLE tickets ADD COLUMN matters TEXT NOT NULL DEFAULT ''; -- of a bundle, with commas; the first is matter
ALTER TABLE stations ADD COLUMN backup TEXT NOT NULL DEFAULT '';

-- A pre-review has no seat at its station: it waits, and is in hand, beside a call.
-- What is scheduled has state 'scheduled', which never stood in this index.
DROP INDEX tickets_of_station;
CREATE UNIQUE INDEX tickets_of_station ON tickets (centre, station) WHERE state IN ('waiting', 'active') AND kind <> 'prereview';
-- For how long talks last.
CREATE INDEX tickets_finished ON tickets (centre, finished_ms);

-- +goose Down
DROP INDEX tickets_finished;
DROP INDEX tickets_of_station;
-- Without kinds there is one line: what has no seat is closed first.
UPDATE tickets SET state = 'closed', ended = 'abandoned' WHERE state <> 'closed' AND kind <> 'call';
CREATE UNIQUE INDEX tickets_of_station ON tickets (centre, station) WHERE state IN ('waiting', 'active');
ALTER TABLE stations DROP COLUMN backup;
ALTER TABLE tickets DROP COLUMN matters;
ALTER TABLE tickets DROP COLUMN backup;
ALTER TABLE tickets DROP COLUMN due_ms;
ALTER TABLE tickets DROP COLUMN kind;
