-- History by batch and by what was taken back, and the replies of requests
-- that may come twice. The indexes hold few rows: most changes are of no batch
-- and take nothing back.

-- +goose Up
CREATE INDEX changes_batch ON changes (community_id, batch, seq) WHERE batch <> '';
CREATE INDEX changes_undoes ON changes (community_id, undoes) WHERE undoes <> 0;

CREATE TABLE replies (
    community_id TEXT NOT NULL,
    scope        TEXT NOT NULL, -- the credential and the route
    name         TEXT NOT NULL, -- the Idempotency-Key
    fingerprint  TEXT NOT NULL, -- SHA-256 of the request's body
    status       BIGINT NOT NULL, -- 0 while the request is running
    reply        BYTEA, -- sealed; NULL: it holds a secret, or is too large, and is not kept
    header       TEXT NOT NULL, -- JSON
    begun_at     BIGINT NOT NULL,
    ends_at      BIGINT NOT NULL,
    PRIMARY KEY (community_id, scope, name)
);
CREATE INDEX replies_end ON replies (community_id, ends_at);

-- +goose Down
DROP TABLE replies;
DROP INDEX changes_undoes;
DROP INDEX changes_batch;
