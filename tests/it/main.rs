//! All integration tests in one binary.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says on stderr what it skips"
)]

mod architecture;
mod bad_input;
mod builtin_metrics;
mod calibrate;
mod calibrate_claims;
mod calibrate_edges;
mod calibrate_gates;
mod calibrate_labels;
mod calibrate_systems;
mod commands;
mod concurrency;
mod confidence;
mod docs;
mod encrypted;
mod endpoint;
mod faults;
mod foreseen;
mod hints;
mod hostile_text;
mod import;
mod import_published;
mod interval_coverage;
mod kill;
mod learning;
mod letter;
mod llm;
mod merged_rows;
mod merging;
mod metrics;
mod metrics_classes;
mod metrics_command;
mod metrics_command_line;
mod metrics_golden;
mod metrics_json;
mod metrics_oracle;
mod metrics_schema;
mod money;
mod open_files;
mod pacing;
mod pacing_random;
mod pauses;
mod plan;
mod planning;
mod quotas_learnt;
mod real_data;
mod references;
mod reuse;
mod rouge_lines;
mod run_file;
mod sample;
mod sampling;
mod selection_effect;
mod server;
mod shards;
mod statistics;
mod streaming;
mod support;
mod verdicts;
mod votes;
mod written;
