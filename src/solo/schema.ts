/** Format of the database; one of another format is refused. */
export const STORE_FORMAT = 1

/**
 * `outcome` is `ResponseFinalizeBlock` without results of transactions; those stand with their transactions. `idx` is
 * the position of a transaction in its block, and -1 for events of the block itself.
 */
export const SCHEMA = `
CREATE TABLE block (
  height INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  parts_total INTEGER NOT NULL,
  parts_hash BLOB NOT NULL,
  size INTEGER NOT NULL,
  num_txs INTEGER NOT NULL,
  header BLOB NOT NULL,
  last_commit BLOB NOT NULL,
  seen_commit BLOB NOT NULL,
  outcome BLOB NOT NULL,
  results_hash BLOB NOT NULL,
  actions TEXT NOT NULL
);
CREATE TABLE tx (
  height INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  hash BLOB NOT NULL,
  tx BLOB NOT NULL,
  result BLOB NOT NULL,
  PRIMARY KEY (height, idx)
);
CREATE INDEX tx_hash ON tx (hash);
CREATE TABLE event (
  tag TEXT NOT NULL,
  value TEXT NOT NULL,
  height INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (tag, value, height, idx, seq)
) WITHOUT ROWID;
CREATE TABLE params (height INTEGER PRIMARY KEY, params BLOB NOT NULL);
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)
`
