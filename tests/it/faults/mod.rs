//! Everything that can go wrong between the program, the server and the machine.

mod answer;
mod connection;
mod raw;
mod slow;
