//! OpenAI-compatible endpoints. Only this folder uses async-openai.

mod answer;
mod batches;
mod body;
mod client;
mod stream;

pub(super) use client::OpenAiServer;
