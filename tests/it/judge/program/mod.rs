//! Judges that are programs of the user, most of them small shell scripts.

#![cfg(unix)]

mod asking;
mod ending;
mod failures;
mod identity;
mod python;
mod refusals;

use std::process::{Child, Stdio};

use serde_json::Value;

use crate::support::started_server::wait_for_ends;
use crate::support::{CommandOutput, Folder};

/// What every script begins with: functions that answer the trial in `$line`, whose id is in `$id`.
const FUNCTIONS: &str = r#"
here=$(cd "$(dirname "$0")" && pwd)
echo $$ >>"$here/groups.log"
reply() {
  printf '{"id":"%s","reply":"{\\"reasoning\\":\\"\\",\\"criteria\\":{},\\"vote\\":\\"%s\\"}"%s}\n' "$id" "$1" "$2"
}
error() { printf '{"id":"%s","error":{%s}}\n' "$id" "$1"; }
beta() { case $line in *ALPHA*BETA*) reply second "$1" ;; *) reply first "$1" ;; esac; }
next() {
  read -r line || return 1
  id=${line#*\"id\":\"}
  id=${id%%\"*}
  echo "$id" >>"$here/asked.log"
}
"#;

/// A folder with items, a script, and the settings of `judge-1`, which is that script.
struct Scene {
    folder: Folder,
}

impl Scene {
    /// A judge whose script does this for every trial, with further settings.
    fn answering(items: usize, body: &str, settings: &str) -> Self {
        Self::running(
            items,
            &format!("while next; do\n{body}\ndone\necho end >>\"$here/ends.log\""),
            settings,
        )
    }

    /// A judge with this script, with further settings.
    fn running(items: usize, script: &str, settings: &str) -> Self {
        let scene = Self { folder: Folder::new() };
        scene.folder.write_items(items);
        scene.folder.write("judge.sh", &format!("{FUNCTIONS}\n{script}\n"));
        scene.settings("[\"sh\", \"judge.sh\"]", settings);
        scene
    }

    /// Writes the settings of `judge-1` again.
    fn settings(&self, command: &str, settings: &str) {
        let of_tests = if settings.contains("max_attempts") { "" } else { "max_attempts = 2\n" };
        let table = format!("[judges.judge-1]\ncommand = {command}\n{of_tests}{settings}\n");
        self.folder.write("evenhand.toml", &table);
    }

    fn judge(&self, flags: &[&str]) -> CommandOutput {
        CommandOutput::of(&self.folder.judge_command(flags).output().unwrap())
    }

    /// Starts the same command and returns it while it runs.
    fn judge_started(&self) -> Child {
        let mut command = self.folder.judge_command(&[]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn verdicts(&self) -> Vec<Value> {
        self.folder.verdicts()
    }

    fn outcomes(&self) -> Vec<String> {
        self.folder.outcomes()
    }

    /// The lines of a file that the script writes, none if there is no such file.
    fn log(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        text.lines().map(ToOwned::to_owned).collect()
    }

    /// What the run may have cost, in USD.
    fn cost(&self) -> f64 {
        let database = rusqlite::Connection::open(self.folder.path().join("run.db")).unwrap();
        let sql = "SELECT total(cost) + total(unsettled) FROM attempt";
        database.query_one(sql, [], |row| row.get(0)).unwrap()
    }

    /// The process groups of all processes that were started.
    fn groups(&self) -> Vec<u32> {
        self.log("groups.log").iter().map(|group| group.parse().unwrap()).collect()
    }

    /// Waits until nothing runs any more of what was started.
    fn assert_nothing_runs(&self) {
        wait_for_ends(self.groups());
    }
}

/// Fails unless a text contains each fragment.
fn assert_says(text: &str, fragments: &[&str]) {
    for fragment in fragments {
        assert!(text.contains(fragment), "no `{fragment}` in:\n{text}");
    }
}
