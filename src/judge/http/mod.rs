//! HTTP as judges need it, whatever the form of their requests: connections, limits on what is read, errors in
//! every form that servers give them, quotas, secrets.

mod address;
mod connections;
mod exchange;
mod hints;
mod repair;
mod replicas;
mod secrets;
mod server;
mod server_error;
mod wording;

pub(super) use address::{Address, with_path};
pub(super) use connections::Connections;
pub(super) use exchange::{exchange, headers, not_json, rejection};
pub use hints::retry_after;
pub(super) use repair::parse_json;
pub(super) use replicas::Replicas;
pub use secrets::Secrets;
pub(super) use server::HttpServer;
pub(super) use server_error::error_in_success;
pub(super) use wording::one_line;
