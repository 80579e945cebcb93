//! Output through a pager where stdout is a terminal, as `git log` does it.
//!
//! The pager is `$EVENHAND_PAGER`, else `$PAGER`, else `less -FRX`, which ends at once if everything fits on the
//! screen. An empty value and `cat` mean none. A pager that ends early closes the output, which is no error.

use std::io::{BufWriter, IsTerminal as _, Stdout, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use evenhand::{Error, Result};

use super::environment::PAGER_VARIABLE;

/// The pager where none is set, and its flags: end if one screen is enough, keep colours, keep the screen.
const DEFAULT: (&str, &str) = ("less", "-FRX");
/// The exit codes of a shell that cannot start a program.
const NOT_STARTED: [i32; 2] = [126, 127];

/// Stdout, or a pager in front of it.
pub(super) enum Pager {
    Stdout(BufWriter<Stdout>),
    Program(Program),
}

/// A pager that runs.
pub(super) struct Program {
    name: String,
    process: Child,
    /// `None` once it is closed.
    input: Option<BufWriter<ChildStdin>>,
    /// Ctrl-C is for the pager while it runs.
    _interrupts: Interrupts,
}

impl Pager {
    /// Starts the pager if `wanted` and stdout is a terminal.
    ///
    /// # Errors
    ///
    /// The pager that is set cannot be started.
    pub(super) fn start(wanted: bool) -> Result<Self> {
        let stdout = || Self::Stdout(BufWriter::new(std::io::stdout()));
        if !wanted || !std::io::stdout().is_terminal() {
            return Ok(stdout());
        }
        match chosen() {
            Some(name) if name.trim().is_empty() || name.trim() == "cat" => Ok(stdout()),
            Some(name) => match Program::start(&mut shell(&name), &name) {
                Ok(program) => Ok(Self::Program(program)),
                Err(error) => Err(cannot_start(&name).caused_by(error)),
            },
            // Where there is no `less`, everything is printed at once.
            None => Ok(Program::start(Command::new(DEFAULT.0).arg(DEFAULT.1), DEFAULT.0)
                .map_or_else(|_| stdout(), Self::Program)),
        }
    }

    /// Closes the output and waits until the pager has ended.
    ///
    /// # Errors
    ///
    /// The shell could not start the pager that is set.
    pub(super) fn finish(self) -> Result<()> {
        let Self::Program(mut program) = self else { return Ok(()) };
        drop(program.input.take());
        let status = program.process.wait().ok().and_then(|status: ExitStatus| status.code());
        match status {
            Some(code) if NOT_STARTED.contains(&code) => Err(cannot_start(&program.name)),
            _ => Ok(()),
        }
    }
}

impl Write for Pager {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::Program(Program { input: Some(input), .. }) => input.write(bytes),
            Self::Program(_) => Err(std::io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::Program(Program { input: Some(input), .. }) => input.flush(),
            Self::Program(_) => Ok(()),
        }
    }
}

impl Program {
    fn start(command: &mut Command, name: &str) -> std::io::Result<Self> {
        if !is_set("LESS") {
            // For a `less` that is set without flags.
            command.env("LESS", "FRX");
        }
        let interrupts = Interrupts::ignore();
        let mut process = command.stdin(Stdio::piped()).spawn()?;
        let input = process.stdin.take().map(BufWriter::new);
        Ok(Self { name: name.to_owned(), process, input, _interrupts: interrupts })
    }
}

/// Returns the pager that is set, which may be empty; `None` if none is.
#[expect(clippy::disallowed_methods, reason = "the binary is what reads the environment")]
fn chosen() -> Option<String> {
    [PAGER_VARIABLE, "PAGER"].into_iter().find_map(|name| std::env::var(name).ok())
}

#[expect(clippy::disallowed_methods, reason = "the binary is what reads the environment")]
fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some()
}

/// Returns a command that may have arguments, for the shell.
fn shell(command: &str) -> Command {
    if cfg!(windows) {
        let mut shell = Command::new("cmd");
        shell.args(["/C", command]);
        return shell;
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", command]);
    shell
}

fn cannot_start(name: &str) -> Error {
    Error::usage(format!("the pager `{name}` cannot be started"))
        .hint("set EVENHAND_PAGER or PAGER to another one, or use --no-pager")
}

/// Lets a pager have Ctrl-C for itself: this program would otherwise end and leave the terminal to the pager.
struct Interrupts {
    _runtime: Option<tokio::runtime::Runtime>,
}

impl Interrupts {
    fn ignore() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok();
        if let Some(runtime) = &runtime {
            let _context = runtime.enter();
            // A signal that something listens to no longer ends the process, also after the listener is gone.
            #[cfg(unix)]
            let _listener =
                tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt());
        }
        Self { _runtime: runtime }
    }
}
