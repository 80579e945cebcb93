//! Running a judgement: retries, budgets, reuse, interruptions and faults.

mod addresses;
mod batches;
mod budget;
mod cascade;
mod connection;
mod endpoints;
mod faults;
mod generation;
mod grading;
pub(crate) mod interruption;
mod least_budget;
mod prefix_cache;
mod reuse;
mod session;
#[cfg(feature = "postgres")]
mod shared_quota;
mod started;
mod still_open;
mod stragglers;
mod until_decided;
