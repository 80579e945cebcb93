

//! Grades of single responses: samples of them for people, and a judge of them against people.
//! Grades of single responses: the numbers of a run of grades, samples for people, and the commands that read a run.
mod calibration;
mod corrections;
mod derived;
mod edges;
mod gates;
mod merge;
mod rank;
mod report;
mod sample;
mod sample;
mod show;
mod thresholds;
mod verdicts;
