-- +goose Up
CREATE TABLE recipe (
    id          uuid PRIMARY KEY,
    name        text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    portions    bigint NOT NULL CHECK (portions BETWEEN 1 AND 10000),
    version     bigint NOT NULL DEFAULT 1 CHECK (version >= 1),
    fingerprint text NOT NULL DEFAULT ''
);

CREATE TABLE recipe_line (
    recipe_id     uuid NOT NULL REFERENCES recipe (id) ON DELETE CASCADE,
    position      bigint NOT NULL, -- in the order of the recipe, from 1
    ingredient_id uuid NOT NULL, -- of the suppliers service, which may not know it
    quantity      bigint NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
    PRIMARY KEY (recipe_id, position),
    UNIQUE (recipe_id, ingredient_id)
);
