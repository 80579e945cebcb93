//! Running a judgement: retries, budgets, reuse, interruptions and faults.

mod budget;
mod endpoints;
mod faults;
mod interruption;
mod reuse;
mod session;
