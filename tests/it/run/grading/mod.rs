//! Grading responses: what is asked, how grades are kept, and what happens when something changes or fails.

mod asking;
mod check;
mod endings;
mod juries;
mod mistakes;
mod numbers;
mod outputs;
mod real_server;
mod recordings;
