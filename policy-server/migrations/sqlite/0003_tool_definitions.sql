-- Policies need a tool's whole definition, and which later one they could not be validated with. What
-- was known without definitions is learnt again from the next list; until then such tools are unlisted.
DROP TABLE tools;
CREATE TABLE tools (
  server TEXT NOT NULL,
  name TEXT NOT NULL,
  definition BLOB,
  refused BLOB,
  PRIMARY KEY (server, name)
);
