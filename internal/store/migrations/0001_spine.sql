-- Both engines run this file: TEXT, BIGINT, BOOLEAN and BYTEA only. Times are
-- microseconds since 1970 in UTC, 0 for none. JSON is opaque text. Every
-- primary key begins with the community, so that data can be spread by it; the
-- directory alone is looked into without knowing a community.

-- +goose Up
CREATE TABLE directory (
    kind         TEXT NOT NULL, -- 'key' (SHA-256 of the secret, hex), 'uuid' (of a community), 'instance' (of no community)
    name         TEXT NOT NULL,
    community_id TEXT NOT NULL,
    target       TEXT NOT NULL, -- what within the community: the key's id, or nothing
    PRIMARY KEY (kind, name)
);

CREATE TABLE communities (
    community_id  TEXT NOT NULL PRIMARY KEY,
    uuid          TEXT NOT NULL,
    name          TEXT NOT NULL,
    settings      TEXT NOT NULL, -- JSON
    seq           BIGINT NOT NULL, -- of the last change
    next_number   BIGINT NOT NULL, -- for the next account that brings none
    catalogue_rev BIGINT NOT NULL, -- counts changes of settings, fields and ranks
    created_at    BIGINT NOT NULL
);

CREATE TABLE accounts (
    community_id   TEXT NOT NULL,
    account_id     TEXT NOT NULL,
    number         BIGINT NOT NULL,
    custom_number  BOOLEAN NOT NULL,
    username       TEXT NOT NULL,
    username_fold  TEXT NOT NULL,
    email          TEXT NOT NULL,
    email_fold     TEXT NOT NULL,
    name           TEXT NOT NULL,
    bio            TEXT NOT NULL,
    language       TEXT NOT NULL,
    field_values   TEXT NOT NULL, -- JSON, by field id
    joined         BOOLEAN NOT NULL,
    active         BOOLEAN NOT NULL,
    archived       BOOLEAN NOT NULL,
    ban            TEXT NOT NULL, -- JSON, or nothing where not banned
    sign_in        TEXT NOT NULL,
    joined_at      BIGINT NOT NULL,
    last_login     BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    deleted_at     BIGINT NOT NULL,
    rev            BIGINT NOT NULL,
    PRIMARY KEY (community_id, account_id)
);
CREATE UNIQUE INDEX accounts_number ON accounts (community_id, number);
CREATE UNIQUE INDEX accounts_username ON accounts (community_id, username_fold) WHERE deleted_at = 0;
CREATE UNIQUE INDEX accounts_email ON accounts (community_id, email_fold) WHERE deleted_at = 0 AND email_fold <> '';

CREATE TABLE account_ranks (
    community_id TEXT NOT NULL,
    account_id   TEXT NOT NULL,
    rank_id      TEXT NOT NULL,
    expires_at   BIGINT NOT NULL,
    PRIMARY KEY (community_id, account_id, rank_id)
);
CREATE INDEX account_ranks_rank ON account_ranks (community_id, rank_id);

CREATE TABLE identities (
    community_id TEXT NOT NULL,
    account_id   TEXT NOT NULL,
    provider     TEXT NOT NULL,
    value        TEXT NOT NULL,
    identity_id  TEXT NOT NULL,
    finds        BOOLEAN NOT NULL, -- a name of a living account: unique, and found by; evidence and the deleted are not
    verified     BOOLEAN NOT NULL,
    metadata     TEXT NOT NULL, -- JSON object, or nothing
    flag         TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (community_id, account_id, provider, value)
);
CREATE UNIQUE INDEX identities_name ON identities (community_id, provider, value) WHERE finds;
CREATE INDEX identities_value ON identities (community_id, provider, value);

CREATE TABLE clock_rows (
    community_id TEXT NOT NULL,
    account_id   TEXT NOT NULL,
    clock_id     TEXT NOT NULL,
    type         TEXT NOT NULL,
    started_at   BIGINT NOT NULL,
    ended_at     BIGINT NOT NULL,
    notes        TEXT NOT NULL, -- JSON array of texts
    PRIMARY KEY (community_id, account_id, clock_id)
);
CREATE INDEX clock_rows_newest ON clock_rows (community_id, account_id, started_at DESC, clock_id);

CREATE TABLE fields (
    community_id TEXT NOT NULL,
    field_id     TEXT NOT NULL,
    field_key    TEXT NOT NULL,
    position     BIGINT NOT NULL,
    definition   TEXT NOT NULL, -- JSON
    PRIMARY KEY (community_id, field_id)
);
CREATE UNIQUE INDEX fields_key ON fields (community_id, field_key);

CREATE TABLE ranks (
    community_id TEXT NOT NULL,
    rank_id      TEXT NOT NULL,
    definition   TEXT NOT NULL, -- JSON
    PRIMARY KEY (community_id, rank_id)
);

CREATE TABLE keys (
    community_id TEXT NOT NULL,
    key_id       TEXT NOT NULL,
    name         TEXT NOT NULL,
    secret_hash  TEXT NOT NULL,
    level        BIGINT NOT NULL,
    areas        TEXT NOT NULL, -- JSON array
    rank_power   BIGINT NOT NULL,
    owner_id     TEXT NOT NULL,
    per_minute   BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    revoked_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    PRIMARY KEY (community_id, key_id)
);

CREATE TABLE changes (
    community_id TEXT NOT NULL,
    seq          BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    deed         TEXT NOT NULL,
    account_id   TEXT NOT NULL,
    subject      TEXT NOT NULL,
    by_key       TEXT NOT NULL,
    by_account   TEXT NOT NULL,
    dialect      TEXT NOT NULL,
    request_id   TEXT NOT NULL,
    batch        TEXT NOT NULL,
    undoes       BIGINT NOT NULL,
    before       TEXT NOT NULL, -- JSON
    after        TEXT NOT NULL, -- JSON
    PRIMARY KEY (community_id, seq)
);
CREATE INDEX changes_account ON changes (community_id, account_id, seq);

CREATE TABLE outbox (
    community_id TEXT NOT NULL,
    seq          BIGINT NOT NULL, -- of the change to tell others about
    PRIMARY KEY (community_id, seq)
);

-- +goose Down
DROP TABLE outbox;
DROP TABLE changes;
DROP TABLE keys;
DROP TABLE ranks;
DROP TABLE fields;
DROP TABLE clock_rows;
DROP TABLE identities;
DROP TABLE account_ranks;
DROP TABLE accounts;
DROP TABLE communities;
DROP TABLE directory;
