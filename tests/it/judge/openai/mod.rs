//! The client of OpenAI-compatible endpoints.

mod hints;
mod learned_settings;
mod litellm;
mod real_server;
mod tls;
