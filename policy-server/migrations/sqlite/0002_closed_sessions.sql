-- A closed session stays, so that it is never opened for somebody else: the record that closed it.
ALTER TABLE sessions ADD COLUMN closed_seq BIGINT;
CREATE INDEX sessions_closed ON sessions (closed_seq) WHERE closed_seq IS NOT NULL;
