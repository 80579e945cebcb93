//! Quotas that several processes share.

#[cfg(feature = "postgres")]
mod database;
mod leases;
mod simulated;
mod timeline;
