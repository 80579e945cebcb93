//! Judges that are programs of the user, most of them small shell scripts.

#![cfg(unix)]

mod asking;
mod ending;
mod failures;
mod identity;
mod python;
mod refusals;

use std::fmt::Write as _;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::started_server::{running_in, wait_until};
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
        scene.items(items);
        scene.folder.write("judge.sh", &format!("{FUNCTIONS}\n{script}\n"));
        scene.settings("[\"sh\", \"judge.sh\"]", settings);
        scene
    }

    /// Items `q-001` and so on with the responses of `alpha` and `beta`.
    fn items(&self, items: usize) {
        let mut text = String::new();
        for id in (1..=items).map(|number| format!("q-{number:03}")) {
            let responses =
                json!({ "alpha": format!("ALPHA on {id}."), "beta": format!("BETA on {id}.") });
            let item =
                json!({ "id": id, "prompt": format!("Question {id}."), "responses": responses });
            writeln!(text, "{item}").unwrap();
        }
        self.folder.write("items.jsonl", &text);
    }

    /// Writes the settings of `judge-1` again.
    fn settings(&self, command: &str, settings: &str) {
        let of_tests = if settings.contains("max_attempts") { "" } else { "max_attempts = 2\n" };
        let table = format!("[judges.judge-1]\ncommand = {command}\n{of_tests}{settings}\n");
        self.folder.write("evenhand.toml", &table);
    }

    fn judge_command(&self, flags: &[&str]) -> Command {
        let mut command = self.folder.command(&["judge", "items.jsonl"]);
        command.env("EVENHAND_INCONCLUSIVE", "pass").stdin(Stdio::null());
        for (flag, value) in
            [("--run", "run.db"), ("--rubric", "helpfulness"), ("--judge", "judge-1")]
        {
            if !flags.contains(&flag) {
                command.args([flag, value]);
            }
        }
        command.args(flags);
        command
    }

    fn judge(&self, flags: &[&str]) -> CommandOutput {
        CommandOutput::of(&self.judge_command(flags).output().unwrap())
    }

    /// Starts the same command and returns it while it runs.
    fn judge_started(&self) -> Child {
        let mut command = self.judge_command(&[]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Every comparison of the run with every stored reply.
    fn verdicts(&self) -> Vec<Value> {
        self.folder.run(&["verdicts", "run.db", "--all", "--replies"]).expect(0).json_lines()
    }

    /// `kept beta`, `flipped`, `failed` and so on, one for each comparison.
    fn outcomes(&self) -> Vec<String> {
        let line = |verdict: &Value| {
            let outcome = verdict["outcome"].as_str().unwrap();
            match verdict["winner"].as_str() {
                Some(winner) => format!("{outcome} {winner}"),
                None => outcome.to_owned(),
            }
        };
        self.verdicts().iter().map(line).collect()
    }

    /// The lines of a file that the script writes, none if there is no such file.
    fn log(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        text.lines().map(ToOwned::to_owned).collect()
    }

    /// The process groups of all processes that were started.
    fn groups(&self) -> Vec<u32> {
        self.log("groups.log").iter().map(|group| group.parse().unwrap()).collect()
    }

    /// Waits until nothing runs any more of what was started.
    fn assert_nothing_runs(&self) {
        for group in self.groups() {
            wait_until(&format!("the end of group {group}"), || running_in(group).is_empty());
        }
    }
}

/// Fails unless a text contains each fragment.
fn assert_says(text: &str, fragments: &[&str]) {
    for fragment in fragments {
        assert!(text.contains(fragment), "no `{fragment}` in:\n{text}");
    }
}
