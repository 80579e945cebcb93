//! Grades of single responses: samples of them for people, and a judge of them against people.

mod calibration;
mod corrections;
mod edges;
mod gates;
mod report;
mod sample;
mod thresholds;
