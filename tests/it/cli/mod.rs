//! Commands as a whole: flags, output, exit codes.

mod check;
mod commands;
mod hints;
mod init_from;
mod judge_gates;
mod label;
mod labels;
mod metrics;
mod models;
mod open_files;
mod program;
mod report;
mod rubric;
mod selection;
mod show;
