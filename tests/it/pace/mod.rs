//! When requests are sent: quotas, pauses, and the number of requests in flight.

mod bursts;
mod concurrency;
mod pacer;
mod pacer_properties;
mod replicas;
mod server_pauses;
mod server_quotas;
mod shared;
