//! Anthropic's Messages API, at Anthropic itself and at other servers that offer it.
//!
//! The requests are ours, over the HTTP that all endpoints share. Of the client crates, async-anthropic 0.5 and
//! anthropic 0.0.8 repeat requests by themselves, which would bypass the pacer, and claude-api 0.5 does so by
//! default; all of them take owned requests, so that each attempt copies its prompt, and return typed messages
//! without the headers that report quotas. What remains to be written is a body and the reading of an answer.

mod answer;
mod batches;
mod body;
mod client;

pub(super) use client::{MessagesServer, check_settings};
