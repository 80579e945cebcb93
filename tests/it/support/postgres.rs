//! A PostgreSQL server for a test or a bench, with its data in a folder of its own.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::Instant;

/// How long the server may take to start on a loaded machine.
const START_TIMEOUT: Duration = Duration::from_mins(3);
/// The password of the server's only user.
pub(crate) const PASSWORD: &str = "q-secret-5d1f";

/// A running server; it ends when the value is dropped.
pub(crate) struct Postgres {
    folder: tempfile::TempDir,
    port: u16,
    /// `None` while it is stopped.
    server: Option<Child>,
}

/// The folder with the programs, which Debian does not put on the path.
fn programs() -> PathBuf {
    let asked = Command::new("pg_config").arg("--bindir").output();
    let folder = asked.ok().filter(|asked| asked.status.success());
    let folder = folder.map(|asked| PathBuf::from(String::from_utf8(asked.stdout).unwrap().trim()));
    folder.filter(|folder| folder.join("postgres").is_file()).unwrap_or_else(|| {
        let folders = std::fs::read_dir("/usr/lib/postgresql").expect("there is no PostgreSQL");
        folders.map(|folder| folder.unwrap().path().join("bin")).max().unwrap()
    })
}

/// A command of PostgreSQL; its server refuses to run as root.
fn command(program: &str) -> Command {
    let program = programs().join(program);
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

impl Postgres {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        if rustix::process::geteuid().is_root() {
            let owned = Command::new("chown").arg("postgres:postgres").arg(folder.path()).status();
            assert!(owned.unwrap().success());
        }
        let password = folder.path().join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        let created = command("initdb")
            .args(["--username=ann", "--auth=scram-sha-256", "--no-sync", "--encoding=UTF8"])
            .arg(format!("--pwfile={}", password.display()))
            .arg("--pgdata")
            .arg(folder.path().join("data"))
            .output()
            .unwrap();
        assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut postgres = Self { folder, port, server: None };
        postgres.start_again();
        postgres
    }

    /// Starts the server after [`Postgres::stop`].
    pub(crate) fn start_again(&mut self) {
        let server = command("postgres")
            .arg("-D")
            .arg(self.folder.path().join("data"))
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"])
            .arg("-k")
            .arg(self.folder.path())
            .arg("-p")
            .arg(self.port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.server = Some(server);
        let began = Instant::now();
        while !self.psql("SELECT 1").status.success() {
            assert!(began.elapsed() < START_TIMEOUT, "the server does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends the server and closes every connection.
    pub(crate) fn stop(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let id = rustix::process::Pid::from_child(&server);
        // Its fast shutdown.
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
        server.wait().unwrap();
    }

    /// The address without a password.
    pub(crate) fn address(&self) -> String {
        format!("postgres://ann@127.0.0.1:{}/postgres", self.port)
    }

    /// The address with the password.
    pub(crate) fn address_with_password(&self) -> String {
        format!("postgres://ann:{PASSWORD}@127.0.0.1:{}/postgres", self.port)
    }

    /// Runs a statement and returns what it prints.
    pub(crate) fn query(&self, statement: &str) -> String {
        let answer = self.psql(statement);
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
        String::from_utf8(answer.stdout).unwrap().trim_end().to_owned()
    }

    fn psql(&self, statement: &str) -> std::process::Output {
        Command::new(programs().join("psql"))
            .args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", statement])
            .arg(self.address())
            .env("PGPASSWORD", PASSWORD)
            .output()
            .unwrap()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}
