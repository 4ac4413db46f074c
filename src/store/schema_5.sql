-- Version 5: when each camera was last seen alive, and since when a platform is watched; networking is judged by it.
CREATE TABLE alive (
    platform  TEXT    NOT NULL,     -- the platform's code
    device_id TEXT    NOT NULL,
    at        INTEGER NOT NULL,     -- microseconds
    PRIMARY KEY (platform, device_id)
) WITHOUT ROWID;
CREATE TABLE watched (
    platform TEXT    NOT NULL PRIMARY KEY,
    since    INTEGER NOT NULL,
    runs     INTEGER NOT NULL
) WITHOUT ROWID;
-- The key frames pictures were judged by, by the hash of their octets; they are removed with the snapshots.
CREATE TABLE key_frame (
    run    INTEGER NOT NULL REFERENCES run (key) ON DELETE CASCADE,
    name   TEXT    NOT NULL,        -- SHA-256 of the octets: picture.key_frame of the attempt
    octets BLOB    NOT NULL,        -- NAL units with start codes
    PRIMARY KEY (run, name)
);
