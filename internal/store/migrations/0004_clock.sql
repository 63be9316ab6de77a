-- Clocks that clients turn, accounts listed by how they stand, what runs out by
-- itself, and small definitions that are rows of JSON.

-- +goose Up
ALTER TABLE clock_rows ADD COLUMN server_id BIGINT NOT NULL DEFAULT 0; -- 0: duty
ALTER TABLE clock_rows ADD COLUMN forced BOOLEAN NOT NULL DEFAULT FALSE;
-- Of rows of one account that ran at once, all but the newest end where they began.
UPDATE clock_rows SET ended_at = started_at WHERE ended_at = 0 AND EXISTS (
    SELECT 1 FROM clock_rows newer WHERE newer.community_id = clock_rows.community_id AND newer.account_id = clock_rows.account_id
    AND newer.ended_at = 0 AND (newer.started_at > clock_rows.started_at
        OR newer.started_at = clock_rows.started_at AND newer.clock_id > clock_rows.clock_id));
CREATE UNIQUE INDEX clock_rows_running ON clock_rows (community_id, account_id, server_id) WHERE ended_at = 0;
CREATE INDEX clock_rows_on_server ON clock_rows (community_id, server_id) WHERE ended_at = 0 AND server_id <> 0;
DROP INDEX clock_rows_newest;
CREATE INDEX clock_rows_newest ON clock_rows (community_id, account_id, server_id, started_at DESC, clock_id);

-- When a ban ends: 0 where there is none, the greatest number where it never
-- does. Bans of before are due at once, which is when their end is looked at.
ALTER TABLE accounts ADD COLUMN banned_until BIGINT NOT NULL DEFAULT 0;
UPDATE accounts SET banned_until = 1 WHERE ban <> '';
CREATE INDEX accounts_standing ON accounts (community_id, number, deleted_at, joined, active, archived, banned_until);
CREATE INDEX accounts_banned ON accounts (community_id, banned_until) WHERE banned_until > 0;
CREATE INDEX account_ranks_expiring ON account_ranks (community_id, expires_at) WHERE expires_at > 0;

CREATE TABLE definitions (
    community_id  TEXT NOT NULL,
    kind          TEXT NOT NULL, -- 'department', 'clock_type', 'flow'
    definition_id TEXT NOT NULL,
    position      BIGINT NOT NULL,
    definition    TEXT NOT NULL, -- JSON
    PRIMARY KEY (community_id, kind, definition_id)
);

-- +goose Down
DROP TABLE definitions;
DROP INDEX account_ranks_expiring;
DROP INDEX accounts_banned;
DROP INDEX accounts_standing;
ALTER TABLE accounts DROP COLUMN banned_until;
DROP INDEX clock_rows_newest;
DROP INDEX clock_rows_on_server;
DROP INDEX clock_rows_running;
ALTER TABLE clock_rows DROP COLUMN forced;
ALTER TABLE clock_rows DROP COLUMN server_id;
CREATE INDEX clock_rows_newest ON clock_rows (community_id, account_id, started_at DESC, clock_id);
