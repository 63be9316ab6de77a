-- Signing in: passwords, pictures, and at which level it is done.

-- +goose Up
ALTER TABLE accounts ADD COLUMN picture TEXT NOT NULL DEFAULT ''; -- name of one of its images, or nothing
ALTER TABLE accounts ADD COLUMN level BIGINT NOT NULL DEFAULT 0; -- of those who sign in; 0 is that of a user

CREATE TABLE passwords (
    community_id TEXT NOT NULL,
    account_id   TEXT NOT NULL,
    hash         TEXT NOT NULL,
    epoch        BIGINT NOT NULL, -- counts what ends all tokens; those of another epoch are void
    PRIMARY KEY (community_id, account_id)
);

CREATE TABLE images (
    community_id TEXT NOT NULL,
    account_id   TEXT NOT NULL,
    name         TEXT NOT NULL, -- SHA-256 of the content, and its kind: png or jpg
    content      BYTEA NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (community_id, account_id, name)
);

-- +goose Down
DROP TABLE images;
DROP TABLE passwords;
ALTER TABLE accounts DROP COLUMN level;
ALTER TABLE accounts DROP COLUMN picture;
