//! Commands as a whole: flags, output, exit codes.

mod check;
mod commands;
mod metrics;
mod open_files;
