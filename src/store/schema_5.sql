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
-- One problem keeps one id across nights (evidence::problems).
CREATE TABLE problem (
    platform  TEXT    NOT NULL,     -- the platform's code
    id        TEXT    NOT NULL,
    device_id TEXT    NOT NULL,
    what      TEXT    NOT NULL,     -- a rule, or picture
    first     INTEGER NOT NULL,
    since     INTEGER NOT NULL,
    last      INTEGER NOT NULL,
    closed    INTEGER,
    returns   INTEGER NOT NULL,
    name      TEXT    NOT NULL,
    unit      TEXT    NOT NULL,
    PRIMARY KEY (platform, id)
) WITHOUT ROWID;
-- The rates of each run, kept longer than its evidence.
CREATE TABLE run_rates (
    platform TEXT    NOT NULL,
    run      TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    cameras  INTEGER NOT NULL,
    profile  TEXT    NOT NULL,
    n1 INTEGER, d1 INTEGER, n2 INTEGER, d2 INTEGER, n3 INTEGER, d3 INTEGER, n4 INTEGER, d4 INTEGER, n5 INTEGER, d5 INTEGER,
    PRIMARY KEY (platform, run)
) WITHOUT ROWID;
