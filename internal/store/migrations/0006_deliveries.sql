-- Events on their way to those who follow a community's accounts. The outbox
-- is emptied into deliveries, one for each event and destination.

-- +goose Up
CREATE TABLE deliveries (
    community_id TEXT NOT NULL,
    destination  TEXT NOT NULL, -- kind and id: 'server 7'
    seq          BIGINT NOT NULL, -- of the change
    account_id   TEXT NOT NULL,
    event        TEXT NOT NULL,
    attempts     BIGINT NOT NULL, -- that failed
    since        BIGINT NOT NULL,
    next_at      BIGINT NOT NULL, -- 0: an earlier one of the account goes first, or it was given up
    given_up_at  BIGINT NOT NULL,
    last_error   TEXT NOT NULL,
    PRIMARY KEY (community_id, destination, seq)
);
CREATE INDEX deliveries_due ON deliveries (community_id, destination, next_at) WHERE next_at > 0;
CREATE INDEX deliveries_account ON deliveries (community_id, destination, account_id, seq) WHERE given_up_at = 0;
CREATE INDEX deliveries_given_up ON deliveries (community_id, given_up_at) WHERE given_up_at > 0;

-- Which server process delivers a community's events, and until when no other
-- may: two of them would not keep them in order.
CREATE TABLE delivery_claims (
    community_id  TEXT NOT NULL PRIMARY KEY,
    holder        TEXT NOT NULL,
    claimed_until BIGINT NOT NULL
);

-- +goose Down
DROP TABLE delivery_claims;
DROP TABLE deliveries;
