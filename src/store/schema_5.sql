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
