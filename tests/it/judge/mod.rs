//! Judges: built-in ones, recorded ones, and models behind an OpenAI-compatible endpoint.

mod builtin;
mod openai;
mod recorded;
