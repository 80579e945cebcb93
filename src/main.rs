//! The program: reads the command line, the environment and the clock, calls the library, prints.

#![expect(clippy::print_stderr, reason = "the binary is what speaks to people")]

mod cli;

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(cli::main() as u8)
}
