//! OpenAI-compatible endpoints. Only this folder uses async-openai.

mod answer;
mod body;
mod client;
mod stream;

pub(super) use client::OpenAiServer;
