-- Version 2: how a catalogue body came.
ALTER TABLE message ADD COLUMN way INTEGER NOT NULL DEFAULT 0;      -- place in the ways of the header
ALTER TABLE message ADD COLUMN notify INTEGER NOT NULL DEFAULT 0;   -- 1: as NOTIFY of a subscription
