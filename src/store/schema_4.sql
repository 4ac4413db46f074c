-- Version 4: what went over the wires in attempts, for disputes (evidence::tape).
CREATE TABLE tape (
    run       INTEGER NOT NULL REFERENCES run (key) ON DELETE CASCADE,
    device_id TEXT    NOT NULL,
    number    INTEGER NOT NULL,     -- of the attempt
    octets    BLOB    NOT NULL,     -- evidence::tape::Tape::encode
    PRIMARY KEY (run, device_id, number)
);
-- Where results of a run were written, so that their pictures are removed when their time is over.
CREATE TABLE folder (
    run    INTEGER NOT NULL REFERENCES run (key) ON DELETE CASCADE,
    path   TEXT    NOT NULL,
    PRIMARY KEY (run, path)
);
