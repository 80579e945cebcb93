//! Starting and killing one process.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::lines::{OutputLines, ReadError};

/// A process that is killed together with its child processes when this is dropped.
#[derive(Debug)]
pub(crate) struct Process(Child);

/// The pipes of a process.
#[derive(Debug)]
pub(crate) struct Pipes {
    pub(crate) stdin: ChildStdin,
    pub(crate) stdout: ChildStdout,
    pub(crate) stderr: ChildStderr,
}

impl Process {
    /// Starts a process with its own process group (on Unix) and pipes.
    pub(crate) fn start(mut command: Command) -> std::io::Result<(Self, Pipes)> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Python would otherwise buffer some kilobytes of answers.
        command.env("PYTHONUNBUFFERED", "1");
        command.kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let process = Self(child);
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(std::io::Error::other("the process has no pipes"));
        };
        Ok((process, Pipes { stdin, stdout, stderr }))
    }

    /// Waits for the exit of the process. The future may be dropped and called again.
    pub(crate) async fn wait(&mut self) -> std::io::Result<ExitStatus> {
        self.0.wait().await
    }

    /// Returns whether the process has exited.
    pub(crate) fn has_exited(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }

    /// Waits for the next line that is not blank; the exit of the process is returned in place of a line.
    pub(crate) async fn next(
        &mut self,
        lines: &mut OutputLines,
    ) -> Result<Result<Vec<u8>, ExitStatus>, ReadError> {
        let line = match lines.next().await? {
            Some(line) if line.is_complete => return Ok(Ok(line.text)),
            line => line,
        };
        let status = self.wait().await.map_err(ReadError::Io)?;
        Ok(line.and_then(|line| line.text_after(status)).ok_or(status))
    }

    /// Kills the process and its child processes unless it has exited.
    pub(crate) fn kill(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.0.id().and_then(|id| rustix::process::Pid::from_raw(id as i32)) {
            // The process has not been waited for, so its id cannot have been reused. It may just have exited.
            let _already_exited =
                rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        #[cfg(not(unix))]
        let _already_exited = self.0.start_kill();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Returns the command of a line that the shell interprets.
#[cfg(unix)]
pub(crate) fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command);
    shell
}

/// Returns the command of a line that the shell interprets.
#[cfg(windows)]
pub(crate) fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    // With /S, cmd removes the outermost quotation marks and leaves everything else unchanged.
    shell.raw_arg(format!("/S /C \"{command}\""));
    shell
}

/// Returns the path of a program that is named by a path, which is relative to a folder; other names are looked up by
/// the system.
pub(crate) fn found_in(folder: &Path, program: impl AsRef<OsStr>) -> std::io::Result<PathBuf> {
    let path = Path::new(program.as_ref());
    // Whether a relative path is one from the new working folder depends on the platform.
    if path.is_relative() && path.components().nth(1).is_some() {
        return std::path::absolute(folder.join(path));
    }
    Ok(path.to_owned())
}
