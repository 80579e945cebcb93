//! The process group of a server: the server, everything that it starts, and a guard.
//!
//! The guard is a shell that leads the group and waits for the end of its stdin. That comes when this process ends,
//! however it ends, and the guard then ends the group. As the guard is a child that has not been waited for, the id of
//! the group cannot become that of another one while it may still be sent signals. A group of its own also keeps a
//! Ctrl-C in the terminal from the server, whose last answers are still wanted.

#[cfg(unix)]
mod unix {
    use std::process::Stdio;

    use rustix::process::{Pid, Signal, kill_process_group};
    use tokio::process::{Child, Command};

    /// It waits until its stdin ends, asks the group to end, and kills what remains after some seconds. The signal
    /// that it sends reaches itself, too.
    const GUARD: &str = "trap '' HUP INT TERM; read -r _; kill -s TERM 0; sleep 5; kill -s KILL 0";

    /// A process group; everything in it is killed when this is dropped.
    #[derive(Debug)]
    pub(in crate::judge::started) struct ProcessGroup {
        /// Its stdin ends with this process.
        _guard: Child,
        id: Pid,
    }

    impl ProcessGroup {
        /// Starts a group that has only its guard.
        pub(in crate::judge::started) fn start() -> std::io::Result<Self> {
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(GUARD).process_group(0).kill_on_drop(true);
            shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            let guard = shell.spawn()?;
            let id = guard.id().and_then(|id| Pid::from_raw(id as i32));
            let id =
                id.ok_or_else(|| std::io::Error::other("the guard of the server has ended"))?;
            Ok(Self { _guard: guard, id })
        }

        /// Lets a command run in the group.
        pub(in crate::judge::started) fn add(&self, command: &mut Command) {
            command.process_group(self.id.as_raw_nonzero().get());
        }

        /// Returns its id.
        pub(in crate::judge::started) fn id(&self) -> u32 {
            self.id.as_raw_nonzero().get() as u32
        }

        /// Asks everything in it to end.
        pub(in crate::judge::started) fn terminate(&self) {
            self.send(Signal::TERM);
        }

        /// Kills everything in it.
        pub(in crate::judge::started) fn kill(&self) {
            self.send(Signal::KILL);
        }

        fn send(&self, signal: Signal) {
            // It has a member as long as this value exists; nothing else can go wrong.
            let _has_ended = kill_process_group(self.id, signal).is_err();
        }
    }

    impl Drop for ProcessGroup {
        fn drop(&mut self) {
            self.kill();
        }
    }
}

/// Where there are no process groups, only the server itself is ended.
#[cfg(not(unix))]
mod other {
    use tokio::process::Command;

    /// Nothing: the server is killed when its process is dropped.
    #[derive(Debug)]
    pub(in crate::judge::started) struct ProcessGroup;

    impl ProcessGroup {
        /// Returns it.
        pub(in crate::judge::started) fn start() -> std::io::Result<Self> {
            Ok(Self)
        }

        /// Does nothing.
        pub(in crate::judge::started) fn add(&self, _command: &mut Command) {}

        /// Returns no group's id.
        pub(in crate::judge::started) fn id(&self) -> u32 {
            0
        }

        /// Does nothing: there is no signal that asks a process to end.
        pub(in crate::judge::started) fn terminate(&self) {}

        /// Does nothing.
        pub(in crate::judge::started) fn kill(&self) {}
    }
}

#[cfg(not(unix))]
pub(super) use other::ProcessGroup;
#[cfg(unix)]
pub(super) use unix::ProcessGroup;
