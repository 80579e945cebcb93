//! Judges whose servers are started for them: until they are ready, while they are asked, and how they end.

#![cfg(unix)]

mod ending;
mod identity;
mod judging;
mod real_server;
mod starting;
