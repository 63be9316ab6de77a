-- An account's life: what is mailed, one-time links, one-time codes, and an end
-- that leaves nothing personal. What is sealed can be read with the server's
-- secret only.

-- +goose Up
ALTER TABLE accounts ADD COLUMN mfa BOOLEAN NOT NULL DEFAULT FALSE; -- a one-time code is asked for at sign-in
ALTER TABLE accounts ADD COLUMN erased_at BIGINT NOT NULL DEFAULT 0; -- 0: it holds what it held
ALTER TABLE passwords ADD COLUMN voided_at BIGINT NOT NULL DEFAULT 0; -- tokens of before are void, also those of other systems
ALTER TABLE keys ADD COLUMN foreign_hash TEXT NOT NULL DEFAULT ''; -- of a secret from another system, until its first use here
CREATE INDEX keys_owner ON keys (community_id, owner_id) WHERE owner_id <> '';
CREATE INDEX changes_subject ON changes (community_id, subject) WHERE subject <> '';

CREATE TABLE links (
    community_id TEXT NOT NULL,
    link_id      TEXT NOT NULL,
    account_id   TEXT NOT NULL,
    kind         TEXT NOT NULL,
    content      TEXT NOT NULL, -- sealed JSON: the check, and what the link is about
    expires_at   BIGINT NOT NULL,
    misses       BIGINT NOT NULL, -- wrong checks so far
    PRIMARY KEY (community_id, link_id)
);
CREATE INDEX links_account ON links (community_id, account_id, kind);
CREATE INDEX links_expiring ON links (community_id, expires_at);

CREATE TABLE mfa (
    community_id TEXT NOT NULL,
    account_id   TEXT NOT NULL,
    content      TEXT NOT NULL, -- sealed JSON: secret, last step, scratch codes
    PRIMARY KEY (community_id, account_id)
);

CREATE TABLE secrets (
    community_id TEXT NOT NULL,
    name         TEXT NOT NULL, -- of what the community was entrusted with: 'tokens'
    content      TEXT NOT NULL, -- sealed
    PRIMARY KEY (community_id, name)
);

CREATE TABLE mails (
    community_id TEXT NOT NULL,
    mail_id      TEXT NOT NULL,
    account_id   TEXT NOT NULL,
    kind         TEXT NOT NULL,
    content      TEXT NOT NULL, -- sealed JSON: to whom, and what it says; nothing once it is to be forgotten
    address_fold TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    attempts     BIGINT NOT NULL, -- that failed
    next_at      BIGINT NOT NULL, -- 0: sent, or given up
    sent_at      BIGINT NOT NULL,
    given_up_at  BIGINT NOT NULL,
    last_error   TEXT NOT NULL,
    PRIMARY KEY (community_id, mail_id)
);
CREATE INDEX mails_due ON mails (community_id, next_at) WHERE next_at > 0;
CREATE INDEX mails_account ON mails (community_id, account_id);
CREATE INDEX mails_address ON mails (community_id, address_fold, created_at);
CREATE INDEX mails_created ON mails (community_id, created_at);

-- +goose Down
DROP TABLE mails;
DROP TABLE secrets;
DROP TABLE mfa;
DROP TABLE links;
DROP INDEX changes_subject;
DROP INDEX keys_owner;
ALTER TABLE keys DROP COLUMN foreign_hash;
ALTER TABLE passwords DROP COLUMN voided_at;
ALTER TABLE accounts DROP COLUMN erased_at;
ALTER TABLE accounts DROP COLUMN mfa;
