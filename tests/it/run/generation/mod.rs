//! Generating responses: what is asked, what is written, and what happens when something changes or fails.

mod asked_again;
mod endings;
mod events;
mod items;
mod marks;
mod messages;
mod mistakes;
mod outputs;
mod plan;
mod programs;
mod real_server;
mod scene;
