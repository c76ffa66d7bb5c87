-- +goose Up
-- The release before does not know the column: its insertions get the default.
ALTER TABLE recipe ADD COLUMN note text NOT NULL DEFAULT '' CHECK (char_length(note) <= 2000);
