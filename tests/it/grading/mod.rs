//! Grades of single responses: samples for people, a judge against people, and the commands that read a run.

mod adjudicated;
mod baselines;
mod calibration;
mod corrections;
mod derived;
mod diff;
mod edges;
mod export;
mod gates;
mod label_systems;
mod labelling;
mod merge;
mod rank;
mod report;
mod sample;
mod show;
mod thresholds;
mod verdicts;
