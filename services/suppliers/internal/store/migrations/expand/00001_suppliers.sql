-- +goose Up
CREATE TABLE supplier (
    id          uuid PRIMARY KEY,
    name        text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    fingerprint text NOT NULL DEFAULT ''
);

CREATE TABLE ingredient (
    id          uuid PRIMARY KEY,
    supplier_id uuid NOT NULL REFERENCES supplier (id),
    name        text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    unit        text NOT NULL CHECK (unit IN ('g', 'ml', 'piece')),
    pack_size   bigint NOT NULL CHECK (pack_size BETWEEN 1 AND 1000000),
    price_minor bigint NOT NULL CHECK (price_minor BETWEEN 0 AND 100000000),
    available   boolean NOT NULL,
    version     bigint NOT NULL DEFAULT 1 CHECK (version >= 1),
    fingerprint text NOT NULL DEFAULT ''
);
CREATE INDEX ingredient_by_supplier ON ingredient (supplier_id, id);
