//! Programs of the user that evenhand runs and talks to in lines of text: metrics and judges.
//!
//! A program gets lines on stdin and writes lines to stdout; stderr is for people, and its end is kept for messages.
//! Memory is bounded for every line and for stderr. This module starts and kills processes and reads their output; what
//! the lines say, how long a process may take, and what is done when it fails is decided by those who use it.
//!
//! A process is killed when its [`Process`] is dropped, on Unix together with its child processes, which share its
//! process group. A process group of its own also keeps a Ctrl-C in the terminal from the program. When evenhand itself
//! is killed, a program sees the end of its stdin and has to end by itself.

mod lines;
mod process;
mod tail;
mod text;

pub(crate) use lines::{Line, OutputLines, ReadError};
pub(crate) use process::{Process, found_in, shell};
pub(crate) use tail::Tail;
pub(crate) use text::{how_it_ended, one_line, parse_line, quoted, stdout_hint};
