-- The run file, format 1. Reply texts are raw; votes, grades and verdicts are derived on reading. A graded response is a
-- comparison without a second system; the direction of its scale is in b_first.
CREATE TABLE manifest (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL);
CREATE TABLE judge (
  row INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, json TEXT NOT NULL, learnt TEXT NOT NULL);
CREATE TABLE item (
  row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, digest BLOB NOT NULL, json TEXT NOT NULL);
CREATE TABLE comparison (
  row INTEGER PRIMARY KEY, item INTEGER NOT NULL REFERENCES item(row),
  a TEXT NOT NULL, b TEXT NOT NULL, UNIQUE (item, a, b));
CREATE TABLE attempt (
  row INTEGER PRIMARY KEY,
  comparison INTEGER NOT NULL REFERENCES comparison(row), judge INTEGER NOT NULL REFERENCES judge(row),
  b_first INTEGER NOT NULL, repeat INTEGER NOT NULL, number INTEGER NOT NULL,
  ending TEXT NOT NULL, request BLOB NOT NULL, by_schema INTEGER NOT NULL,
  reply TEXT, refusal TEXT, logprobs TEXT, error TEXT, status INTEGER, finish_reason TEXT,
  prompt_tokens INTEGER, completion_tokens INTEGER, cost REAL, unsettled REAL NOT NULL, latency_ms REAL NOT NULL,
  model TEXT, fingerprint TEXT, reused INTEGER NOT NULL,
  cached_tokens INTEGER, cache_write_tokens INTEGER, reasoning_tokens INTEGER, reasoning TEXT,
  vote TEXT, probability REAL, order_unknown INTEGER, grade TEXT, batched INTEGER);
CREATE INDEX attempt_of_trial ON attempt (comparison, judge, b_first, repeat);
CREATE VIEW replies AS
  SELECT item.id, judge.name AS judge,
    CASE b_first WHEN 0 THEN a ELSE b END AS first, CASE b_first WHEN 0 THEN b ELSE a END AS second,
    repeat, number AS attempt, ending, reply, refusal, error, status, prompt_tokens, completion_tokens,
    cost, latency_ms, attempt.model, fingerprint, cached_tokens, reasoning_tokens, reasoning, vote, probability,
    order_unknown, grade, batched
  FROM attempt JOIN comparison ON comparison.row = attempt.comparison
    JOIN item ON item.row = comparison.item JOIN judge ON judge.row = attempt.judge;
