-- A server may show different callers different definitions of one tool. `judged` names what of a
-- definition policies can know, `seq` the record that it was news in; one that was refused has a digest
-- and no bytes. What was known before has no such name yet: 32 zero bytes stand for it.
CREATE TABLE definitions (
  server TEXT NOT NULL,
  name TEXT NOT NULL,
  judged BLOB NOT NULL,
  definition BLOB,
  refused BLOB,
  seq BIGINT NOT NULL,
  PRIMARY KEY (server, name, judged)
);
INSERT INTO definitions (server, name, judged, definition, refused, seq)
  SELECT server, name, zeroblob(32), definition, NULL, 0 FROM tools WHERE definition IS NOT NULL;
INSERT INTO definitions (server, name, judged, definition, refused, seq)
  SELECT server, name, refused, NULL, refused, 1 FROM tools WHERE refused IS NOT NULL;
DROP TABLE tools;
