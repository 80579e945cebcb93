//! OpenAI-compatible endpoints. Only this folder uses async-openai.

mod answer;
mod body;
mod client;
mod connections;
mod hints;
mod parameters;
mod secrets;
mod transport;

pub use client::Endpoint;
pub use hints::retry_after;
pub use secrets::Secrets;
