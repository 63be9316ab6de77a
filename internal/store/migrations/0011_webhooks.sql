-- Webhooks: who is told of events by HTTP, and each attempt to tell them.
-- Deliveries to them stay for a while once they have arrived.

-- +goose Up
CREATE TABLE webhooks (
    community_id TEXT NOT NULL,
    webhook_id   TEXT NOT NULL,
    definition   TEXT NOT NULL, -- JSON
    content      TEXT NOT NULL, -- sealed JSON: the secrets, the newest first
    PRIMARY KEY (community_id, webhook_id)
);

CREATE TABLE delivery_attempts (
    community_id TEXT NOT NULL,
    destination  TEXT NOT NULL,
    seq          BIGINT NOT NULL,
    attempt      BIGINT NOT NULL, -- from 1 on
    at           BIGINT NOT NULL,
    took         BIGINT NOT NULL, -- microseconds
    status       BIGINT NOT NULL, -- of the answer; 0: there was none
    error        TEXT NOT NULL, -- empty: it arrived
    PRIMARY KEY (community_id, destination, seq, attempt)
);

ALTER TABLE deliveries ADD COLUMN delivered_at BIGINT NOT NULL DEFAULT 0; -- 0: not yet, or it was forgotten then
DROP INDEX deliveries_account;
CREATE INDEX deliveries_account ON deliveries (community_id, destination, account_id, seq) WHERE given_up_at = 0 AND delivered_at = 0;
CREATE INDEX deliveries_delivered ON deliveries (community_id, delivered_at) WHERE delivered_at > 0;

-- +goose Down
DROP INDEX deliveries_delivered;
DROP INDEX deliveries_account;
DELETE FROM deliveries WHERE delivered_at > 0;
ALTER TABLE deliveries DROP COLUMN delivered_at;
CREATE INDEX deliveries_account ON deliveries (community_id, destination, account_id, seq) WHERE given_up_at = 0;
DROP TABLE delivery_attempts;
DROP TABLE webhooks;
