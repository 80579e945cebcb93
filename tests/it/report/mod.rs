//! Reports for people.

mod calibration;
mod cases;
mod unreadable;
