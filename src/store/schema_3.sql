-- Version 3: sessions at once that recorders and platforms were found to bear, for the next night to begin with.
CREATE TABLE capacity (
    platform TEXT    NOT NULL,      -- its code
    whole    INTEGER NOT NULL,      -- 1: of the whole platform; 0: of one recorder
    recorder TEXT    NOT NULL,      -- its code; empty: the cameras that hang under none
    sessions INTEGER NOT NULL,      -- at once
    wall     INTEGER,               -- so many were refused
    at       INTEGER NOT NULL,      -- microseconds UTC
    PRIMARY KEY (platform, whole, recorder)
);
