-- Game servers. The push secret is sealed: the database alone does not open it.

-- +goose Up
CREATE TABLE servers (
    community_id TEXT NOT NULL,
    server_id    BIGINT NOT NULL,
    definition   TEXT NOT NULL, -- JSON
    push_secret  BYTEA, -- sealed; NULL: none
    last_contact BIGINT NOT NULL,
    PRIMARY KEY (community_id, server_id)
);

-- +goose Down
DROP TABLE servers;
