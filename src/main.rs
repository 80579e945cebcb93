//! The program: reads the command line, the environment and the clock, calls the library, prints.

mod cli;

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(cli::main() as u8)
}

/// Replies are read on other threads than they were loaded on, which the system's allocator is slow at: this
/// one takes a fifth of the time off a calibration.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
