//! What every command has in common with other programs: where files are found, variables of the environment, the log,
//! output that cannot be written, the version, completions and manual pages; and the housekeeping of runs.

mod about;
mod environment;
mod events;
mod log;
mod output;
mod project;
mod prune;
mod quiet;
mod release;
mod runs;
mod set;
