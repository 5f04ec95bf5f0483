-- The log: bytes as hashed, and the RFC 6962 leaf hash of each.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  record BLOB NOT NULL,
  leaf BLOB NOT NULL
);

-- Calls by identity: which record decided, and which ended it. `open` is 1 while an allowed call
-- waits for its end; such calls are looked for at start only, so no index makes each decision dearer.
CREATE TABLE calls (
  call BLOB PRIMARY KEY,
  decision_seq BIGINT,
  outcome_seq BIGINT,
  refusal_seq BIGINT,
  open BIGINT NOT NULL
) WITHOUT ROWID;

-- Sessions of the handshake era: digest of the id, digest of the owner.
CREATE TABLE sessions (
  session BLOB PRIMARY KEY,
  owner BLOB NOT NULL,
  server TEXT NOT NULL,
  opened_at BIGINT NOT NULL
);

-- What servers said about their tools.
CREATE TABLE tools (
  server TEXT NOT NULL,
  name TEXT NOT NULL,
  read_only BIGINT NOT NULL,
  destructive BIGINT NOT NULL,
  idempotent BIGINT NOT NULL,
  open_world BIGINT NOT NULL,
  definition BLOB NOT NULL,
  PRIMARY KEY (server, name)
);

-- Written to find out whether the disk takes writes again.
CREATE TABLE probe (
  id BIGINT PRIMARY KEY,
  at BIGINT NOT NULL
);
