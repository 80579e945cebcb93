//! Reports for people.

mod calibration;
mod unreadable;
