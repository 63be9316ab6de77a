-- History may be kept for a time only. What is older is forgotten: in its place
-- stands one change for each account, its baseline, which says how the account
-- was by then.

-- +goose Up
ALTER TABLE communities ADD COLUMN forgotten_seq BIGINT NOT NULL DEFAULT 0; -- up to which change history is forgotten; 0: it is whole
ALTER TABLE communities ADD COLUMN forgotten_at BIGINT NOT NULL DEFAULT 0; -- when that change was

-- +goose Down
ALTER TABLE communities DROP COLUMN forgotten_at;
ALTER TABLE communities DROP COLUMN forgotten_seq;
