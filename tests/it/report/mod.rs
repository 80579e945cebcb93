//! Reports for people.

mod calibration;
