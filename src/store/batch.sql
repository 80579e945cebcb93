-- Batches of requests that a provider answers later. Each row is written before the batch is submitted.
CREATE TABLE IF NOT EXISTS batch (
  row INTEGER PRIMARY KEY, judge INTEGER NOT NULL REFERENCES judge(row), token TEXT NOT NULL UNIQUE,
  stage TEXT NOT NULL, input TEXT, id TEXT, created INTEGER NOT NULL, requested INTEGER, requests INTEGER NOT NULL,
  max_cost REAL NOT NULL, message TEXT);
CREATE TABLE IF NOT EXISTS batch_request (
  row INTEGER PRIMARY KEY, batch INTEGER NOT NULL REFERENCES batch(row), number INTEGER NOT NULL,
  comparison INTEGER NOT NULL REFERENCES comparison(row), b_first INTEGER NOT NULL, repeat INTEGER NOT NULL,
  attempt INTEGER NOT NULL, request BLOB NOT NULL, by_schema INTEGER NOT NULL, max_cost REAL NOT NULL,
  UNIQUE (batch, number));
