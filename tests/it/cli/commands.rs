//! The output and the files of each command when nothing fails.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::{Value, json};

use crate::support::server::{Answer, Scene, completion};
use crate::support::{CommandOutput, Folder};

const ITEMS: &str = r#"{"id":"q1","prompt":"One?","responses":{"a":"yes, of course","b":"no"}}
{"id":"q2","prompt":"Two?","responses":{"a":"no","b":"yes, certainly"}}
{"id":"q3","prompt":"Three?","responses":{"a":"yes","b":"nay"}}
"#;

/// Every file below a folder, by its path in it.
fn files(folder: &Folder) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.path().to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let path = path.strip_prefix(folder.path()).unwrap();
                found.insert(path.to_str().unwrap().to_owned());
            }
        }
    }
    found
}

/// What a run by a built-in judge printed, and its folder.
fn judged(judge: &str, flags: &[&str]) -> (Folder, CommandOutput) {
    let folder = Folder::new();
    folder.write("items.jsonl", ITEMS);
    let command = ["judge", "items.jsonl", "--rubric", "helpfulness", "--run", "run.db"];
    let command = [&command[..], &["--judge", judge, "--inconclusive", "pass"], flags].concat();
    let said = folder.run(&command).expect(0);
    (folder, said)
}

fn help(command: &[&str]) -> String {
    let folder = Folder::new();
    let mut help = folder.command(&[command, &["--help"]].concat());
    let said = CommandOutput::of(&help.env("COLUMNS", "100").output().unwrap()).expect(0);
    assert_eq!(said.stderr, "");
    said.stdout
}

#[test]
fn the_help_matches_its_snapshots() {
    insta::assert_snapshot!("help", help(&[]));
    insta::assert_snapshot!("help_init", help(&["init"]));
    insta::assert_snapshot!("help_generate", help(&["generate"]));
    insta::assert_snapshot!("help_import", help(&["import"]));
    insta::assert_snapshot!("help_export", help(&["export"]));
    insta::assert_snapshot!("help_check", help(&["check"]));
    insta::assert_snapshot!("help_budget", help(&["budget"]));
    insta::assert_snapshot!("help_judge", help(&["judge"]));
    insta::assert_snapshot!("help_plan", help(&["plan"]));
    insta::assert_snapshot!("help_verdicts", help(&["verdicts"]));
    insta::assert_snapshot!("help_show", help(&["show"]));
    insta::assert_snapshot!("help_diff", help(&["diff"]));
    insta::assert_snapshot!("help_cascade", help(&["cascade"]));
    insta::assert_snapshot!("help_rank", help(&["rank"]));
    insta::assert_snapshot!("help_report", help(&["report"]));
    insta::assert_snapshot!("help_labels", help(&["labels"]));
    insta::assert_snapshot!("help_labels_merge", help(&["labels", "merge"]));
    insta::assert_snapshot!("help_labels_export", help(&["labels", "export"]));
    insta::assert_snapshot!("help_metrics", help(&["metrics"]));
    insta::assert_snapshot!("help_models", help(&["models"]));
    insta::assert_snapshot!("help_models_list", help(&["models", "list"]));
    insta::assert_snapshot!("help_models_pull", help(&["models", "pull"]));
    insta::assert_snapshot!("help_models_path", help(&["models", "path"]));
    insta::assert_snapshot!("help_monitor", help(&["monitor"]));
    insta::assert_snapshot!("help_monitor_add", help(&["monitor", "add"]));
    insta::assert_snapshot!("help_monitor_check", help(&["monitor", "check"]));
    insta::assert_snapshot!("help_monitor_report", help(&["monitor", "report"]));
    insta::assert_snapshot!("help_monitor_sample", help(&["monitor", "sample"]));
    insta::assert_snapshot!("help_rubric", help(&["rubric"]));
    insta::assert_snapshot!("help_rubric_check", help(&["rubric", "check"]));
    insta::assert_snapshot!("help_rubric_preview", help(&["rubric", "preview"]));
    insta::assert_snapshot!("help_rubric_try", help(&["rubric", "try"]));
    insta::assert_snapshot!("help_rubric_log", help(&["rubric", "log"]));
    insta::assert_snapshot!("help_runs", help(&["runs"]));
    insta::assert_snapshot!("help_runs_prune", help(&["runs", "prune"]));
    insta::assert_snapshot!("help_completions", help(&["completions"]));
    insta::assert_snapshot!("help_man", help(&["man"]));
}

#[test]
fn init_writes_files_with_which_the_main_command_of_the_readme_works() {
    let folder = Folder::new();
    let said = folder.run(&["init", "start"]).expect(0);
    let written: BTreeSet<String> = said.stdout.lines().map(ToOwned::to_owned).collect();
    assert_eq!(written, files(&folder));
    for file in ["evenhand.toml", "rubrics/helpfulness.toml", "prompts/pairwise.j2"] {
        assert!(written.contains(&format!("start/{file}")), "{written:?}");
    }
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(readme).unwrap().replace("\r\n", "\n");
    let main = readme.split_once("<!-- main -->\n```sh\ncargo run --locked -- ").unwrap().1;
    let (main, rest) = main.split_once('\n').unwrap();
    let next = format!("next: cd start && evenhand {main}\n");
    assert!(said.stderr.contains(&next), "no `{next}` in {}", said.stderr);
    let generate = "evenhand generate systems/prompts.jsonl --system short --system guided --to replies.jsonl\n";
    assert!(said.stderr.contains(generate), "{}", said.stderr);

    let arguments: Vec<&str> = main.split_whitespace().collect();
    let mut judge = folder.command(&arguments);
    let said = CommandOutput::of(&judge.current_dir(folder.path().join("start")).output().unwrap())
        .expect(0);
    let table = rest.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(said.stdout.starts_with(table), "{}", said.stdout);
    assert!(said.stdout.contains("run saved in runs/summary-quality-builtin-lexical.db"));
}

#[test]
fn init_overwrites_nothing() {
    let folder = Folder::new();
    folder.run(&["init"]).expect(0);
    folder.write("rubrics/helpfulness.toml", "mine now");
    std::fs::remove_file(folder.path().join("evenhand.toml")).unwrap();
    let before = files(&folder);
    let said = folder.run(&["init"]).expect(3);
    assert!(
        said.stderr.contains("the file already exists") && said.stderr.contains("hint: "),
        "{}",
        said.stderr
    );
    assert_eq!(files(&folder), before, "not even what was missing");
    let text = std::fs::read_to_string(folder.path().join("rubrics/helpfulness.toml")).unwrap();
    assert_eq!(text, "mine now");
}

#[test]
fn check_prints_prompt_plan_and_cost_and_neither_sends_nor_writes_anything() {
    let scene = Scene::new(3, |seen| seen.prefers("beta"));
    scene.settings(&[
        ("max_tokens", "1000"),
        ("price", "{ input_per_million = 0.0, output_per_million = 1000.0 }"),
    ]);
    let before = files(&scene.folder);
    let check = ["check", "items.jsonl", "--rubric", "helpfulness", "--judge", "judge-1"];
    let said = scene.run(&check).expect(0);
    for part in [
        "── system ── item q-001",
        "Which response would the person who asked rather get?",
        "── user ── item q-001",
        "ALPHA on q-001.",
        "plan: 3 items, 3 comparisons, 6 trials (both orders), rubric helpfulness 1.0.0, seed 0",
        "6 trials: 0 already answered, 0 copied",
        "at most $18.00 if every request is repeated",
    ] {
        assert!(said.stdout.contains(part), "no `{part}` in:\n{}", said.stdout);
    }
    assert!(!said.stdout.contains("q-002"), "one prompt is enough");
    assert_eq!(files(&scene.folder), before);
    assert_eq!(scene.server.requests(), 0);
}

#[test]
fn check_counts_the_replies_that_a_run_already_has() {
    let scene = Scene::new(3, |seen| seen.prefers("beta"));
    scene.judge(&["--limit", "1"]).expect(0);
    let check = ["check", "items.jsonl", "--rubric", "helpfulness", "--judge", "judge-1"];
    let flags = ["--run", "run.db", "--repeat", "2", "--format", "json"];
    let run = std::fs::read(scene.folder.path().join("run.db")).unwrap();
    let said = scene.run(&[&check[..], &flags].concat()).expect(0);
    let value: Value = serde_json::from_str(&said.stdout).unwrap();
    let keys =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    let expected = [
        "items",
        "without_tags",
        "left_out",
        "not_in_file",
        "not_planned",
        "comparisons",
        "trials",
        "repeat",
        "systems",
        "rubric",
        "run",
        "judges",
        "labels",
        "warnings",
    ];
    assert_eq!(keys(&value), expected);
    let expected = [
        "judge",
        "request",
        "trials",
        "stored",
        "reused",
        "requests",
        "prompt_tokens",
        "max_completion_tokens",
        "prompt_cost_usd",
        "max_cost_usd",
    ];
    assert_eq!(keys(&value["judges"][0]), expected);
    let numbers = ["trials", "stored", "requests"].map(|key| value["judges"][0][key].as_u64());
    assert_eq!(numbers, [Some(12), Some(2), Some(10)]);
    assert_eq!(std::fs::read(scene.folder.path().join("run.db")).unwrap(), run);
    assert_eq!(scene.server.requests(), 2);
}

#[test]
fn judge_prints_its_summary_as_a_table() {
    let folder = Folder::new();
    folder.run(&["init"]).expect(0);
    let items = "calibration/tickets/items.jsonl";
    let said = folder
        .run(&["judge", items, "--rubric", "summary-quality", "--judge", "builtin:longer"])
        .expect(0);
    let time = Regex::new(r"\d+\.\d s$").unwrap();
    let lines: Vec<_> = said.stdout.lines().map(|line| time.replace(line, "[time]")).collect();
    insta::assert_snapshot!("judge_table", lines.join("\n"));
    // The first line has as many letters as the names in it.
    assert!(lines[1..].iter().all(|line| line.chars().count() <= 80), "it fits a terminal");
}

#[test]
fn judge_prints_its_summary_as_json() {
    let (_folder, said) = judged("builtin:longer", &["--format", "json"]);
    let value: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!([&value["run"], &value["judges"][0]["judge"]], ["run.db", "builtin:longer"]);
    assert_eq!([&value["requests"], &value["retries"], &value["judges"][0]["planned"]], [6, 0, 3]);
    let outcomes = value["judges"][0]["outcomes"].as_object().unwrap();
    let outcomes: Vec<String> = outcomes.iter().map(|(key, n)| format!("{key} {n}")).collect();
    let expected = ["kept 3", "flipped 0", "split 0", "unparsed 0", "failed 0", "pending 0"];
    assert_eq!(outcomes, expected);
    let coverage = value["judges"][0]["coverage"].as_object().unwrap();
    assert_eq!(coverage.keys().collect::<Vec<_>>(), ["value", "low", "high", "n"]);
}

#[test]
fn a_run_without_a_kept_verdict_says_so_first() {
    let (folder, said) = judged("builtin:first", &[]);
    let sentence = "builtin:first kept 0 of 3 comparisons: every verdict changed with the order.";
    assert_eq!(said.stdout.lines().next(), Some(sentence), "{}", said.stdout);
    assert_eq!(folder.run(&["verdicts", "run.db"]).expect(0).stdout, "");
}

#[test]
fn progress_is_plain_lines_if_stderr_is_not_a_terminal() {
    let scene = Scene::new(40, |seen| seen.prefers("beta").after(2));
    let said = scene.judge(&[]).expect(0);
    for text in [&said.stdout, &said.stderr] {
        assert!(text.chars().all(|char| char == '\n' || !char.is_control()), "{text:?}");
    }
    let lines: Vec<&str> =
        said.stderr.lines().filter(|line| line.starts_with("judging ")).collect();
    assert!((1..=10).contains(&lines.len()), "one for each tenth at most: {}", said.stderr);
    assert!(lines.last().unwrap().starts_with("judging 100 %  40/40"), "{}", said.stderr);
}

#[test]
fn a_verdict_is_the_documented_line() {
    let (folder, _) = judged("builtin:longer", &[]);
    let said = folder.run(&["verdicts", "run.db"]).expect(0);
    let expected = r#"{"id":"q1","between":["a","b"],"judge":"builtin:longer","outcome":"kept","winner":"a","decided_by":"both-orders","probability":null,"margin":null,"tags":{},"orders":[{"first":"a","second":"b","preference":"a","vote":"first","confidence":null,"criteria":{}},{"first":"b","second":"a","preference":"a","vote":"second","confidence":null,"criteria":{}}]}
{"id":"q2","between":["a","b"],"judge":"builtin:longer","outcome":"kept","winner":"b","decided_by":"both-orders","probability":null,"margin":null,"tags":{},"orders":[{"first":"a","second":"b","preference":"b","vote":"second","confidence":null,"criteria":{}},{"first":"b","second":"a","preference":"b","vote":"first","confidence":null,"criteria":{}}]}
{"id":"q3","between":["a","b"],"judge":"builtin:longer","outcome":"kept","winner":"tie","decided_by":"both-orders","probability":null,"margin":null,"tags":{},"orders":[{"first":"a","second":"b","preference":"tie","vote":"tie","confidence":null,"criteria":{}},{"first":"b","second":"a","preference":"tie","vote":"tie","confidence":null,"criteria":{}}]}
"#;
    assert_eq!(said.stdout, expected);
    assert_eq!(said.stderr, "");
}

#[test]
fn verdicts_prints_kept_verdicts_or_all_or_those_of_one_outcome() {
    let scene = Scene::new(3, |seen| match seen.id.as_str() {
        "q-001" => seen.prefers(seen.first),
        "q-002" => seen.prefers("tie"),
        _ => seen.prefers("beta"),
    });
    scene.judge(&[]).expect(0);
    let ids = |flags: &[&str]| -> Vec<String> {
        let said = scene.run(&[&["verdicts", "run.db"], flags].concat()).expect(0);
        said.json_lines().iter().map(|verdict| verdict["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&[]), ["q-002", "q-003"]);
    assert_eq!(ids(&["--all"]), ["q-001", "q-002", "q-003"]);
    assert_eq!(ids(&["--outcome", "flipped"]), ["q-001"]);
    assert_eq!(ids(&["--outcome", "kept"]), ["q-002", "q-003"]);
    assert!(ids(&["--outcome", "failed"]).is_empty());
}

#[test]
fn verdicts_has_a_vote_for_each_criterion() {
    let scene = Scene::new(1, |seen| {
        let vote = if seen.first == "beta" { "first" } else { "second" };
        let criteria = format!(r#"{{"usability":"tie","correctness":"{vote}","charm":"first"}}"#);
        Answer::says(&format!(r#"{{"criteria":{criteria},"vote":"{vote}"}}"#))
    });
    scene.judge(&[]).expect(0);
    let criteria = &scene.verdicts()[0]["orders"][0]["criteria"];
    assert_eq!(criteria, &json!({ "correctness": "second", "usability": "tie" }));
}

#[test]
fn verdicts_as_csv_are_a_table_with_a_header() {
    let (folder, _) = judged("builtin:longer", &[]);
    let said = folder.run(&["verdicts", "run.db", "--format", "csv"]).expect(0);
    let expected = "\
id,a,b,judge,outcome,winner,a_first_vote,a_first_preference,a_first_confidence,b_first_vote,b_first_preference,b_first_confidence,a_probability,b_probability,tie_probability,margin,decided_by,tags
q1,a,b,builtin:longer,kept,a,first,a,,second,a,,,,,,both-orders,
q2,a,b,builtin:longer,kept,b,second,b,,first,b,,,,,,both-orders,
q3,a,b,builtin:longer,kept,tie,tie,tie,,tie,tie,,,,,,both-orders,
";
    assert_eq!(said.stdout, expected);
}

#[test]
fn conversations_are_judged_like_texts() {
    let folder = Folder::new();
    let items = r#"{"id":"q1","prompt":[{"role":"user","content":"Hello?"}],"responses":{"a":[{"role":"assistant","content":"Hi."},{"role":"user","content":"And?"},{"role":"assistant","content":"Bye now."}],"b":"Hi and bye."}}"#;
    folder.write("items.jsonl", items);
    let rubric = "name = \"talk\"\ndescription = \"Which goes on better?\"\nprompt = \"pairwise-multi-turn.j2\"\n";
    folder.write("rubrics/talk.toml", rubric);
    for (name, shown) in [("talk", "conversation so far"), ("helpfulness", "first response")] {
        let check = folder.run(&["check", "items.jsonl", "--rubric", name]).expect(0);
        for part in
            [shown, "[user]\nHello?\n", "[assistant]\nHi.\n[user]\nAnd?\n[assistant]\nBye now.\n"]
        {
            assert!(check.stdout.contains(part), "no `{part}` in:\n{}", check.stdout);
        }
        let judge = ["judge", "items.jsonl", "--rubric", name, "--judge", "builtin:longer"];
        folder.run(&judge).expect(0);
        let run = format!("runs/{name}-builtin-longer.db");
        let verdicts = folder.run(&["verdicts", &run]).expect(0).json_lines();
        assert_eq!(verdicts[0]["winner"], "a");
    }
}

#[test]
fn the_same_command_elsewhere_gives_the_same_verdicts() {
    let verdicts = |seed: &str| {
        let (folder, _) = judged("builtin:random", &["--seed", seed, "--repeat", "9"]);
        folder.run(&["verdicts", "run.db", "--all"]).expect(0).stdout
    };
    assert_eq!(verdicts("3"), verdicts("3"));
    assert_ne!(verdicts("3"), verdicts("4"));
}

#[test]
fn a_recording_played_back_gives_the_same_verdicts() {
    let scene = Scene::new(6, |seen| match seen.id.as_str() {
        "q-002" => Answer::says("I cannot tell."),
        "q-003" => seen.prefers("tie"),
        "q-004" => seen.prefers(seen.first),
        "q-005" if seen.before == 0 => Answer::says("Let me see."),
        _ => seen.prefers("beta"),
    });
    scene.judge(&["--record", "replies.jsonl"]).expect(0);
    let live = scene.outcomes();
    let requests = scene.server.requests();
    scene.folder.write("evenhand.toml", "[judges.judge-1]\nrecorded = \"replies.jsonl\"\n");
    scene.judge(&["--run", "played.db"]).expect(0);
    let bare = |run: &str| scene.run(&["verdicts", run, "--all"]).expect(0).stdout;
    assert_eq!(bare("played.db"), bare("run.db"));
    assert_eq!(live, ["kept beta", "unparsed", "kept tie", "flipped", "kept beta", "kept beta"]);
    assert_eq!(scene.server.requests(), requests, "a recording needs no server");
}

#[test]
fn a_recording_that_cannot_be_written_leaves_the_run_file_without_side_files() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    scene.folder.write("file", "");
    let failed = scene.judge(&["--record", "file/replies.jsonl"]).expect(3);
    assert!(failed.stderr.contains("file/replies.jsonl: "), "{}", failed.stderr);
    assert_eq!(scene.server.requests(), 0);
    assert!(scene.folder.path().join("run.db").exists());
    for side in ["run.db-wal", "run.db-shm"] {
        assert!(!scene.folder.path().join(side).exists(), "{side}");
    }
    scene.judge(&[]).expect(0);
}

#[test]
fn a_jury_of_three_keeps_the_winner_that_most_judges_kept() {
    let scene = Scene::new(2, |seen| match (seen.model(), seen.id.as_str()) {
        ("model-of-three", _) => seen.prefers("alpha"),
        ("model-of-two", "q-002") => seen.prefers(seen.first),
        _ => seen.prefers("beta"),
    });
    let tables = ["one", "two", "three"].map(|name| scene.judge_table(name, &[]));
    scene.folder.write("evenhand.toml", &tables.concat());
    scene.judge(&["--judge", "one", "--judge", "two", "--judge", "three"]).expect(0);
    assert_eq!(scene.server.requests(), 2 * 2 * 3);
    let of = |judge: &[&str]| -> Vec<String> {
        let verdicts = [&["verdicts", "run.db", "--all"], judge].concat();
        let lines = scene.run(&verdicts).expect(0).json_lines();
        let word = |verdict: &Value, key: &str| verdict[key].as_str().unwrap_or("-").to_owned();
        let keys = ["judge", "outcome", "winner"];
        lines.iter().map(|verdict| keys.map(|key| word(verdict, key)).join(" ")).collect()
    };
    let jury = ["jury kept beta", "jury hung -"];
    assert_eq!(of(&[]), jury);
    assert_eq!(of(&["--judge", "jury"]), jury);
    assert_eq!(of(&["--judge", "two"]), ["two kept beta", "two flipped -"]);
    let first = ["one kept beta", "two kept beta", "three kept alpha", "jury kept beta"];
    assert_eq!(of(&["--judge", "all"])[..4], first);
    let line = &scene.run(&["verdicts", "run.db"]).expect(0).json_lines()[0];
    assert_eq!(line["orders"], json!([]));
}

#[test]
fn a_logprobs_rubric_requests_token_probabilities_and_stores_the_confidence() {
    let scene = Scene::new(1, |seen| {
        let mut body = completion(if seen.first == "beta" { "A" } else { "B" });
        let (chosen, other) = if seen.first == "beta" { ("A", "B") } else { ("B", "A") };
        let likely = |token: &str, share: f64| json!({ "token": token, "logprob": share.ln() });
        let mut token = likely(chosen, 0.75);
        token["top_logprobs"] = json!([likely(chosen, 0.75), likely(other, 0.125)]);
        body["choices"][0]["logprobs"] = json!({ "content": [token] });
        Answer::json(200, &body)
    });
    let rubric = "name = \"letters\"\ndescription = \"Which is better?\"\nprompt = \"pairwise-terse.j2\"\n\
                  ties = false\n[reply]\nformat = \"logprobs\"\nfirst = \"A\"\nsecond = \"B\"\n";
    scene.folder.write("rubrics/letters.toml", rubric);
    scene.judge(&["--rubric", "letters"]).expect(0);
    let verdict = &scene.verdicts()[0];
    assert_eq!(verdict["winner"], "beta");
    for order in 0..2 {
        let confidence = verdict["orders"][order]["confidence"].as_f64().unwrap();
        assert!((confidence - 0.75).abs() < 1e-9, "{confidence}");
    }
    for request in scene.server.seen() {
        assert_eq!(
            [&request.body["logprobs"], &request.body["top_logprobs"]],
            [&json!(true), &json!(20)]
        );
        assert!(!request.has("response_format"));
    }
}
