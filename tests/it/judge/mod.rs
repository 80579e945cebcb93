//! Judges: built-in ones, recorded ones, and models behind an endpoint.

mod anthropic;
mod builtin;
mod openai;
mod recorded;
mod recorded_votes;
