//! Judges: built-in ones, recorded ones, programs, and models behind an endpoint.

mod anthropic;
mod builtin;
mod openai;
mod program;
mod recorded;
mod recorded_votes;
