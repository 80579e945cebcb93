//! The program: reads the command line, the environment and the clock, calls the library, prints.

mod cli;

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(cli::main() as u8)
}
