//! Opening a file with the program that the desktop has for it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// How often it is looked whether the opener has ended, and the pause in between.
const LOOKS: u32 = 30;
const PAUSE: Duration = Duration::from_millis(100);

/// Opens a file. An opener that still runs after some seconds is itself the program that shows the file.
///
/// # Errors
///
/// There is no opener, or it failed; the text says which.
pub(super) fn open_file(path: &Path) -> Result<(), String> {
    let (program, mut command) = opener();
    // An absolute path cannot be taken for a flag, whatever the file is called.
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let nothing = Stdio::null;
    let command = command.arg(path).stdin(nothing()).stdout(nothing()).stderr(nothing());
    let failed = |error: std::io::Error| format!("{program}: {error}");
    let mut child = command.spawn().map_err(failed)?;
    for _ in 0..LOOKS {
        match child.try_wait().map_err(failed)? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("{program}: {status}")),
            None => sleep(PAUSE),
        }
    }
    Ok(())
}

/// Returns the program that opens a file by its kind.
fn opener() -> (&'static str, Command) {
    if cfg!(target_os = "macos") {
        ("open", Command::new("open"))
    } else if cfg!(windows) {
        // `start` is a command of the shell; its first argument in quotes is the title of a window.
        let mut shell = Command::new("cmd");
        shell.args(["/C", "start", ""]);
        ("start", shell)
    } else {
        ("xdg-open", Command::new("xdg-open"))
    }
}
