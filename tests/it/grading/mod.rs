//! Grades of single responses: the numbers of a run of grades, samples for people, a judge against people, and the commands
//! that read a run.

mod calibration;
mod corrections;
mod derived;
mod edges;
mod gates;
mod merge;
mod rank;
mod report;
mod sample;
mod show;
mod thresholds;
mod verdicts;
