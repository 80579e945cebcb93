//! The distribution of responses to processes, and the end of every process.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use evenhand::input::Item;
use evenhand::metrics::{Answer, CommandMetric};
use futures_util::future::{Either, select};

use super::{
    GENEROUS, ONES, SHORT, ask, asked, counting, item, items, log, responses_of, scores, script,
};
use crate::support::Folder;

/// A pipe that shows a test when every process that holds it has exited.
struct Witness(PathBuf);

impl Witness {
    fn new(folder: &Folder) -> Self {
        let path = folder.path().join("witness");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        Self(path)
    }

    /// Reads until every process has closed the other end.
    async fn all(&self) -> String {
        let path = self.0.clone();
        let read = move || std::fs::read_to_string(path).unwrap();
        tokio::task::spawn_blocking(read).await.unwrap()
    }

    /// Waits until a process holds the other end and has written one byte.
    async fn first(&self) -> File {
        let path = self.0.clone();
        let read = move || {
            let mut file = File::open(path).unwrap();
            file.read_exact(&mut [0]).unwrap();
            file
        };
        tokio::task::spawn_blocking(read).await.unwrap()
    }
}

/// Starts a child that would write to the witness if it were not killed, and waits for it.
const HANGING: &str = r#"
    exec 3>"$here/witness"
    sh -c 'sleep 20; echo survived >&3' &
    printf . >&3
    wait
"#;

#[tokio::test]
async fn a_process_that_exceeds_the_time_limit_is_killed_with_its_children() {
    let folder = Folder::new();
    let witness = Witness::new(&folder);
    let command = script(&folder, HANGING);
    let mut metric = CommandMetric::new("test", &command, SHORT, 1);
    let (answers, told) = tokio::join!(ask(&mut metric, &[""]), witness.all());
    answers.unwrap_err();
    assert_eq!(told, ".");
}

#[tokio::test]
async fn no_process_is_left_running_after_the_future_is_dropped() {
    let folder = Folder::new();
    let witness = Witness::new(&folder);
    let command = script(&folder, HANGING);
    let mut metric = CommandMetric::new("test", &command, GENEROUS, 1);
    let mut pipe = {
        let answers = Box::pin(ask(&mut metric, &[""]));
        let Either::Right((pipe, answers)) = select(answers, Box::pin(witness.first())).await
        else {
            panic!("it answers nothing")
        };
        drop(answers);
        pipe
    };
    let mut rest = String::new();
    pipe.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[tokio::test]
async fn no_process_is_left_running_after_an_invalid_answer() {
    let folder = Folder::new();
    let witness = Witness::new(&folder);
    // The second process waits until the first one hangs.
    let nonsense = "while ! [ -e \"$here/hangs\" ]; do sleep 0.02; done; echo nonsense";
    let hanging = HANGING.replace("wait\n", ": >\"$here/hangs\"; wait\n");
    let command = script(&folder, &format!("if grep -q hang; then {hanging}\nelse {nonsense}; fi"));
    let mut metric = CommandMetric::new("test", &command, GENEROUS, 2);
    let (answers, told) = tokio::join!(ask(&mut metric, &["hang", "speak"]), witness.all());
    assert!(answers.unwrap_err().to_string().contains("`nonsense`"));
    assert_eq!(told, ".");
}

#[tokio::test]
async fn a_process_is_given_at_most_64_responses() {
    let folder = Folder::new();
    let command = script(&folder, &counting("ones"));
    let mut metric = CommandMetric::new("test", &command, GENEROUS, 1);
    let answers = ask(&mut metric, &[""; 150]).await.unwrap();
    assert_eq!(answers, scores(&[1.0; 150]));
    assert_eq!(log(&folder, "sizes"), ["64", "64", "22"]);
}

#[tokio::test]
async fn a_process_is_sent_at_most_4_mib_unless_one_response_is_longer() {
    let folder = Folder::new();
    let long: Vec<String> = [1, 1, 1, 5, 1].iter().map(|mib| "x".repeat(mib * 1_300_000)).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    let command = script(&folder, &counting("ones"));
    let mut metric = CommandMetric::new("test", &command, GENEROUS, 1);
    assert_eq!(ask(&mut metric, &long).await.unwrap(), scores(&[1.0; 5]));
    assert_eq!(log(&folder, "sizes"), ["3", "1", "1"]);
}

#[tokio::test]
async fn the_allowed_number_of_processes_share_the_work() {
    let folder = Folder::new();
    // Each waits until there are three, which they never are unless they run together.
    let together = ": >\"$here/here.$$\"\n\
        while [ \"$(ls \"$here\" | grep -c '^here')\" -lt 3 ]; do sleep 0.02; done\n\
        ones";
    let command = script(&folder, &counting(together));
    let mut metric = CommandMetric::new("test", &command, GENEROUS, 3);
    assert_eq!(ask(&mut metric, &[""; 8]).await.unwrap(), scores(&[1.0; 8]));
    let mut sizes = log(&folder, "sizes");
    sizes.sort();
    assert_eq!(sizes, ["2", "3", "3"]);
}

#[tokio::test]
async fn no_more_processes_run_at_once_than_are_allowed() {
    let folder = Folder::new();
    let counted = "echo + >>\"$here/log\"; sleep 0.05; sed 's/.*/1/'; echo - >>\"$here/log\"";
    let command = script(&folder, counted);
    let mut metric = CommandMetric::new("test", &command, GENEROUS, 2);
    assert_eq!(ask(&mut metric, &[""; 400]).await.unwrap(), scores(&[1.0; 400]));
    let running = log(&folder, "log").into_iter().scan(0, |running, step| {
        *running += if step == "+" { 1 } else { -1 };
        Some(*running)
    });
    assert_eq!(running.max(), Some(2));
}

#[tokio::test]
async fn answers_are_in_the_order_of_the_responses() {
    let folder = Folder::new();
    let numbers = "sed 's/.*\"response\":\"\\([0-9]*\\)\".*/\\1/'";
    // The first process waits for the second.
    let command = script(
        &folder,
        &format!(
            "{numbers} >\"$here/numbers.$$\"\n\
             if grep -qx 0 \"$here/numbers.$$\"; then while ! [ -e \"$here/done\" ]; do sleep 0.02; done\n\
             else : >\"$here/done\"; fi\n\
             cat \"$here/numbers.$$\""
        ),
    );
    let responses: Vec<String> = (0..10).map(|number| number.to_string()).collect();
    let items: Vec<Item> = responses.iter().map(|response| item(response, response)).collect();
    let mut metric = CommandMetric::new("test", &command, GENEROUS, 2);
    let expected: Vec<Answer> = (0..10).map(|number| Answer::Score(f64::from(number))).collect();
    assert_eq!(metric.answers(&responses_of(&items)).await.unwrap(), expected);
}

#[tokio::test]
async fn a_program_may_write_much_before_it_reads_and_read_much_before_it_writes() {
    let megabytes = "x".repeat(1 << 20);
    let noise = "head -c 3000000 /dev/zero | tr '\\0' '\\n' >&2";
    let comment = r#"printf '{"score":1,"why":"%0900000d"}\n' 0"#;
    for command in [
        format!("{noise}; {ONES}; {noise}"),
        format!("{comment}; {comment}; {comment}; cat >/dev/null"),
        format!("cat >/dev/null; {comment}; {comment}; {comment}"),
    ] {
        let (answers, warnings) = asked(&command, &[megabytes.as_str(); 3]).await;
        assert_eq!((answers, warnings), (scores(&[1.0; 3]), vec![]), "{command}");
    }
}

#[tokio::test]
async fn a_program_need_not_read_its_input() {
    let megabytes = "x".repeat(1 << 20);
    let (answers, warnings) = asked("printf '1\\n1\\n1\\n'", &[megabytes.as_str(); 3]).await;
    assert_eq!((answers, warnings), (scores(&[1.0; 3]), vec![]));
}

#[tokio::test]
async fn a_program_runs_in_the_working_folder() {
    assert_eq!(
        asked(&format!("[ -f Cargo.toml ] && {ONES}"), &["", ""]).await.0,
        scores(&[1.0, 1.0])
    );
}

#[tokio::test]
async fn a_process_in_the_background_is_not_waited_for() {
    let folder = Folder::new();
    // It holds stderr open, for 30 seconds at most.
    let background = "(for i in $(seq 600); do [ -e \"$here/stop\" ] && exit; sleep 0.05; done; \
         : >\"$here/waited\") >/dev/null &\n";
    let command = script(&folder, &format!("{background}{ONES}"));
    let (answers, warnings) = asked(&command, &[""]).await;
    folder.write("stop", "");
    assert_eq!((answers, warnings), (scores(&[1.0]), vec![]));
    assert!(!folder.path().join("waited").exists());
}

#[tokio::test]
async fn no_process_is_started_without_responses() {
    let folder = Folder::new();
    let mut metric =
        CommandMetric::new("test", &script(&folder, ": >\"$here/started\""), GENEROUS, 0);
    assert_eq!(metric.answers(&responses_of(&items([]))).await.unwrap(), []);
    assert!(!folder.path().join("started").exists());
}

/// Tests that run Python.
mod needs_python3 {
    use evenhand::metrics::Answer;

    use super::super::{asked, log};
    use crate::support::Folder;

    /// The plain output of Python would be lost at such an exit if it were buffered.
    #[tokio::test]
    #[ignore = "needs python3"]
    async fn python_does_not_buffer_answers() {
        let folder = Folder::new();
        let check = r#"
import json, os, sys
with open(sys.argv[1], "a") as log:
    log.write("started\n")
for line in sys.stdin:
    response = json.loads(line)["response"]
    if response == "bad":
        os._exit(1)
    print(len(response))
"#;
        let (check, started) = (folder.write("check.py", check), folder.path().join("started"));
        let command = format!("python3 '{}' '{}'", check.display(), started.display());
        let (answers, _) = asked(&command, &["four", "bad"]).await;
        let failed = Answer::Failed("ended with exit code 1".to_owned());
        assert_eq!(answers, [Answer::Score(4.0), failed]);
        assert_eq!(log(&folder, "started").len(), 2);
    }
}
