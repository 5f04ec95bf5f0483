-- When the newest policy bundle that was ever in force was made, in seconds since 1970: an older one
-- is not put in force again, not even by a restart. One row.
CREATE TABLE bundles (
  id BIGINT PRIMARY KEY,
  created BIGINT NOT NULL
);
