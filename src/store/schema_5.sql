-- Version 5: the key frames pictures were judged by, by the hash of their octets; they are removed with the snapshots.
CREATE TABLE key_frame (
    run    INTEGER NOT NULL REFERENCES run (key) ON DELETE CASCADE,
    name   TEXT    NOT NULL,        -- SHA-256 of the octets: picture.key_frame of the attempt
    octets BLOB    NOT NULL,        -- NAL units with start codes
    PRIMARY KEY (run, name)
);
