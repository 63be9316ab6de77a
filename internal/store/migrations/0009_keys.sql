-- What keys can be besides: frozen, bound to addresses, in the middle of a
-- change of their secret; and how often they asked too much.

-- +goose Up
ALTER TABLE keys ADD COLUMN frozen_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN addresses TEXT NOT NULL DEFAULT 'null'; -- JSON array
ALTER TABLE keys ADD COLUMN old_secret_ends BIGINT NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN limit_hits BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE keys DROP COLUMN limit_hits;
ALTER TABLE keys DROP COLUMN old_secret_ends;
ALTER TABLE keys DROP COLUMN addresses;
ALTER TABLE keys DROP COLUMN frozen_at;
