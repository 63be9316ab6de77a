-- Which values lead to which accounts, so that nothing leads to one that is
-- removed; the names that values wait for; and accounts found by a part of
-- their names. What older rows lack is written when the store is opened.

-- +goose Up
CREATE TABLE account_references (
    community_id TEXT NOT NULL,
    account_id   TEXT NOT NULL, -- whose value it is
    field_id     TEXT NOT NULL,
    to_id        TEXT NOT NULL, -- the account that the value leads to, or nothing
    name_hash    TEXT NOT NULL, -- of the name that it waits for, which is somebody's e-mail address as like as not; or nothing
    PRIMARY KEY (community_id, account_id, field_id)
);
CREATE INDEX account_references_to ON account_references (community_id, to_id) WHERE to_id <> '';
CREATE INDEX account_references_name ON account_references (community_id, name_hash) WHERE name_hash <> '';

ALTER TABLE accounts ADD COLUMN name_fold TEXT NOT NULL DEFAULT '';
CREATE INDEX accounts_search ON accounts (community_id, number, deleted_at, username_fold, name_fold);
INSERT INTO directory (kind, name, community_id, target) VALUES ('instance', 'catch_up', '', '0007');

-- +goose Down
DELETE FROM directory WHERE kind = 'instance' AND name = 'catch_up';
DROP INDEX accounts_search;
ALTER TABLE accounts DROP COLUMN name_fold;
DROP TABLE account_references;
