-- +goose Up
CREATE TABLE restaurant (
    id          uuid PRIMARY KEY,
    name        text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    fingerprint text NOT NULL DEFAULT ''
);

CREATE TABLE menu (
    id            uuid PRIMARY KEY,
    restaurant_id uuid NOT NULL REFERENCES restaurant (id),
    name          text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    fingerprint   text NOT NULL DEFAULT ''
);
CREATE INDEX menu_by_restaurant ON menu (restaurant_id, id);

CREATE TABLE dish (
    id          uuid PRIMARY KEY,
    menu_id     uuid NOT NULL REFERENCES menu (id),
    name        text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    recipe_id   uuid NOT NULL, -- of the recipes service, which may not know it
    price_minor bigint NOT NULL CHECK (price_minor BETWEEN 1 AND 100000000),
    version     bigint NOT NULL DEFAULT 1 CHECK (version >= 1),
    fingerprint text NOT NULL DEFAULT ''
);
CREATE INDEX dish_by_menu ON dish (menu_id, id);

CREATE TABLE feedback (
    id          uuid PRIMARY KEY,
    text        text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 2000),
    severity    text NOT NULL CHECK (severity IN ('minor', 'major', 'critical', 'blocker')),
    status      text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'resolved')),
    version     text NOT NULL CHECK (version ~ '^[A-Za-z0-9._+-]{1,64}$'), -- of the product
    created_at  timestamptz NOT NULL,
    revision    bigint NOT NULL DEFAULT 1 CHECK (revision >= 1),
    fingerprint text NOT NULL DEFAULT ''
);
CREATE INDEX feedback_by_version ON feedback (version, id);
CREATE INDEX feedback_by_status ON feedback (status, severity, id);
