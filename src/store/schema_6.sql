-- Version 6: since when each camera is seen alive, and what became of the problems in each run.
ALTER TABLE alive ADD COLUMN first INTEGER;         -- microseconds; NULL: seen before this was kept, nobody knows since when
ALTER TABLE run_rates ADD COLUMN opened INTEGER;    -- problems that were new; NULL, as the others: not counted then
ALTER TABLE run_rates ADD COLUMN reopened INTEGER;  -- came back within a week
ALTER TABLE run_rates ADD COLUMN still INTEGER;     -- still open
ALTER TABLE run_rates ADD COLUMN untold INTEGER;    -- open, and the run could not tell
ALTER TABLE run_rates ADD COLUMN closed INTEGER;    -- found to be gone
