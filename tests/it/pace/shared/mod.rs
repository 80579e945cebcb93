//! Quotas that several processes share.

mod database;
mod leases;
mod simulated;
mod timeline;
