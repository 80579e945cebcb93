//! The run file: what it stores, what it refuses, and which changes need no request.

use std::error::Error as _;

use evenhand::store::RunFile;
use serde_json::Value;

use crate::support::CommandOutput;
use crate::support::server::{Answer, ReceivedRequest, Scene, attempts};

const RUBRIC: &str = r#"name = "mine"
description = "Which is better?"
prompt = "mine.j2"

[reply]
format = "pattern"
first = 'Verdict: A'
second = 'Verdict: B'
tie = 'Verdict: C'
"#;
const PROMPT: &str = "{% block user %}Question {{ item.id }} is: {{ first }} or {{ second }}? \
                      {{ rubric.description }}{% endblock %}\n";

/// Names alpha before it settles on beta.
fn wavering(seen: &ReceivedRequest) -> Answer {
    let (alpha, beta) = if seen.first == "alpha" { ("A", "B") } else { ("B", "A") };
    Answer::says(&format!("Verdict: {alpha}? No. Verdict: {beta}."))
}

/// A scene with a rubric and a prompt of its own, judged already.
fn judged(items: usize) -> Scene {
    let scene = Scene::new(items, wavering);
    scene.folder.write("rubrics/mine.toml", RUBRIC);
    scene.folder.write("prompts/mine.j2", PROMPT);
    judge(&scene, &[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; items]);
    assert_eq!(scene.server.requests(), items * 2);
    scene
}

fn judge(scene: &Scene, flags: &[&str]) -> CommandOutput {
    scene.judge(&[&["--rubric", "mine"], flags].concat())
}

#[test]
fn a_complete_run_sends_no_more_requests() {
    let scene = judged(3);
    let said = judge(&scene, &[]).expect(0);
    assert_eq!(scene.server.requests(), 6);
    assert!(said.stdout.contains("this time:  0 requests"), "{}", said.stdout);
}

#[test]
fn changes_that_make_another_run_are_refused_by_name() {
    let scene = judged(1);
    let elsewhere = format!("\"{}/other\"", scene.server.base_url());
    let refused = |said: CommandOutput, field: &str| {
        let said = said.expect(7);
        assert!(said.stderr.contains(&format!("{field} differs")), "{field}: {}", said.stderr);
        assert!(said.stderr.contains("hint: "), "{field}: {}", said.stderr);
    };
    refused(judge(&scene, &["--seed", "1"]), "seed");
    for (field, value) in [
        ("model", "\"another\""),
        ("temperature", "0.5"),
        ("max_tokens", "7"),
        ("extra", "{ top_p = 0.5 }"),
        ("base_url", &elsewhere),
    ] {
        scene.settings(&[(field, value)]);
        refused(judge(&scene, &[]), &format!("judges.judge-1.{field}"));
    }
    scene.settings(&[]);
    scene.folder.write("rubrics/mine.toml", &RUBRIC.replace("better?", "worse?"));
    refused(judge(&scene, &[]), "rubric.description");
    scene.folder.write("rubrics/mine.toml", RUBRIC);
    scene.folder.write("prompts/mine.j2", &PROMPT.replace(" or ", " and "));
    refused(judge(&scene, &[]), "prompts/mine.j2");
    scene.folder.write("prompts/mine.j2", PROMPT);
    let two = scene.judge_table("judge-1", &[]) + &scene.judge_table("judge-2", &[]);
    scene.folder.write("evenhand.toml", &two);
    refused(judge(&scene, &["--judge", "judge-1", "--judge", "judge-2"]), "judge");
    assert_eq!(scene.server.requests(), 2, "nothing was asked");
    assert_eq!(scene.outcomes(), ["kept beta"], "and nothing was lost");
}

#[test]
fn a_fleet_may_change_between_commands_as_long_as_one_server_stays() {
    let scene = judged(1);
    let (own, other) = (scene.server.base_url(), "http://127.0.0.1:9/v1");
    let third = "http://127.0.0.1:9/third/v1";
    for fleet in [&[&own, other][..], &[other, &own], &[other, third], &[third, &own], &[&own]] {
        scene.settings(&[("base_urls", &format!("{fleet:?}"))]);
        let said = judge(&scene, &[]).expect(0);
        assert!(said.stdout.contains("this time:  0 requests"), "{fleet:?}: {}", said.stdout);
    }
    // The same in the other notation.
    scene.settings(&[]);
    judge(&scene, &[]).expect(0);
    let stored = RunFile::open(&scene.folder.path().join("run.db")).unwrap();
    let servers: Vec<&String> = stored.judges()[0].record.servers().collect();
    assert_eq!(servers, [&own, other, third], "the run names every server that it may have asked");
    drop(stored);
    let fourth = "http://127.0.0.1:9/fourth/v1";
    for fleet in [&[fourth][..], &[fourth, "http://127.0.0.1:9/fifth/v1"]] {
        scene.settings(&[("base_urls", &format!("{fleet:?}"))]);
        let said = judge(&scene, &[]).expect(7);
        assert!(said.stderr.contains("judges.judge-1.base_url differs"), "{}", said.stderr);
    }
    scene.settings(&[("base_urls", &format!("{:?}", [&own, other])), ("model", "\"another\"")]);
    let said = judge(&scene, &[]).expect(7);
    assert!(said.stderr.contains("judges.judge-1.model differs"), "{}", said.stderr);
    assert_eq!(scene.server.requests(), 2, "nothing was asked again");
}

#[test]
fn a_merged_run_names_the_servers_of_all_its_parts() {
    let scene = judged(1);
    let own = scene.server.base_url();
    let others = ["http://127.0.0.1:9/v1", "http://127.0.0.1:9/third/v1"];
    for (run, other) in ["one.db", "two.db"].into_iter().zip(others) {
        scene.settings(&[("base_urls", &format!("{:?}", [&own, other]))]);
        judge(&scene, &["--run", run, "--reuse", "run.db"]).expect(0);
    }
    scene.run(&["merge", "one.db", "two.db", "--run", "all.db"]).expect(0);
    let merged = RunFile::open(&scene.folder.path().join("all.db")).unwrap();
    let servers: Vec<&String> = merged.judges()[0].record.servers().collect();
    assert_eq!(servers, [&own, others[0], others[1]]);
}

#[test]
fn settings_that_are_in_no_request_may_change() {
    let scene = judged(1);
    scene.settings(&[
        ("api_key_env", "\"HOME\""),
        ("headers", "{ X-Team = \"eval\" }"),
        ("requests_per_minute", "60"),
        ("max_in_flight", "1"),
        ("timeout_s", "1"),
        ("max_attempts", "9"),
        ("price", "{ input_per_million = 1.0, output_per_million = 2.0 }"),
    ]);
    let renamed = RUBRIC.replace("description", "version = \"2.0.0\"\ndescription");
    scene.folder.write("rubrics/mine.toml", &renamed);
    let commented = format!("{{# why it asks so #}}{PROMPT}");
    scene.folder.write("prompts/mine.j2", &commented);
    judge(&scene, &[]).expect(0);
    assert_eq!(scene.server.requests(), 2);
}

#[test]
fn another_reply_format_changes_verdicts_without_a_request() {
    let scene = judged(2);
    let first = RUBRIC.replace("[reply]", "[reply]\ntake = \"first\"");
    scene.folder.write("rubrics/first.toml", &first);
    let reread = ["verdicts", "run.db", "--rubric", "first"];
    for verdict in scene.run(&reread).expect(0).json_lines() {
        assert_eq!(verdict["winner"], "alpha");
    }
    assert_eq!(scene.outcomes(), ["kept beta"; 2], "reading by another rubric changes no file");

    scene.folder.write("rubrics/mine.toml", &first);
    judge(&scene, &[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept alpha"; 2]);
    scene.folder.write("rubrics/mine.toml", &RUBRIC.replace("Verdict: B", "Verdict: B!"));
    judge(&scene, &[]).expect(0);
    assert_eq!(scene.outcomes(), ["flipped"; 2]);
    assert_eq!(scene.server.requests(), 4, "nothing was asked");
}

#[test]
fn reading_by_a_rubric_with_another_prompt_is_refused() {
    let scene = judged(1);
    scene.folder.write("rubrics/other.toml", &RUBRIC.replace("better?", "worse?"));
    let said = scene.run(&["verdicts", "run.db", "--rubric", "other"]).expect(7);
    assert!(said.stderr.contains("rubric.description differs"), "{}", said.stderr);
    assert!(said.stderr.contains("q-001") && said.stdout.is_empty(), "{}", said.stderr);
    scene.run(&["verdicts", "run.db", "--rubric", "helpfulness"]).expect(7);
}

#[test]
fn a_changed_item_is_refused_by_id_and_items_may_be_added_and_removed() {
    let scene = judged(2);
    let path = scene.folder.path().join("items.jsonl");
    let items = std::fs::read_to_string(&path).unwrap();
    let changed = items.replace("BETA on q-002", "BETA, improved, on q-002");
    scene.folder.write("items.jsonl", &changed);
    let said = judge(&scene, &[]).expect(7);
    assert!(said.stderr.contains("responses.beta of item q-002"), "{}", said.stderr);
    assert!(said.stderr.contains("items.jsonl:2"), "{}", said.stderr);

    scene.items(4);
    judge(&scene, &[]).expect(0);
    assert_eq!(scene.server.requests(), 8);
    scene.items(1);
    judge(&scene, &[]).expect(0);
    assert_eq!(scene.server.requests(), 8);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 4], "what left the file stays in the run");
}

#[test]
fn a_second_writer_is_refused_and_a_reader_is_not() {
    let scene = Scene::new(1, |seen| seen.prefers("beta").held());
    let first = scene.judge_started(&[]);
    scene.server.wait_for(2);
    let second = scene.judge(&[]).expect(7);
    assert!(second.stderr.contains("another process is writing this run"), "{}", second.stderr);
    assert_eq!(scene.outcomes(), ["pending"], "a run can be read while it is being written");
    scene.server.release_held();
    CommandOutput::of(&first.wait_with_output().unwrap()).expect(0);
    assert_eq!(scene.server.requests(), 2);
    scene.judge(&[]).expect(0);
}

#[test]
fn a_finished_run_is_a_single_file() {
    let scene = judged(1);
    let names = std::fs::read_dir(scene.folder.path()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let of_the_run: Vec<String> = names.filter(|name| name.starts_with("run.db")).collect();
    assert_eq!(of_the_run, ["run.db"]);
}

#[test]
fn a_run_of_a_newer_format_is_refused() {
    let scene = judged(1);
    let path = scene.folder.path().join("run.db");
    let mut bytes = std::fs::read(&path).unwrap();
    // SQLite keeps user_version here, and the format is kept there.
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(&path, &bytes).unwrap();
    let check =
        ["check", "items.jsonl", "--rubric", "mine", "--judge", "judge-1", "--run", "run.db"];
    for said in [judge(&scene, &[]), scene.run(&["verdicts", "run.db"]), scene.run(&check)] {
        let said = said.expect(7);
        assert!(said.stderr.contains("format 99"), "{}", said.stderr);
    }
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "it was left as it was");
}

#[test]
fn a_file_that_is_no_run_file_is_not_changed() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let said = scene.run(&["verdicts", "run.db"]).expect(3);
    assert!(said.stderr.contains("run.db: there is no such run file"), "{}", said.stderr);
    let text = "A diary, and nobody's run file. ".repeat(40);
    let path = scene.folder.write("run.db", &text);
    for said in [scene.run(&["verdicts", "run.db"]), scene.judge(&[])] {
        let said = said.expect(3);
        assert!(said.stderr.contains("run.db: this is not a run file"), "{}", said.stderr);
    }
    let error = RunFile::open(&path).unwrap_err();
    let source = error.source().and_then(|source| source.downcast_ref::<rusqlite::Error>());
    assert_eq!(source.unwrap().sqlite_error_code(), Some(rusqlite::ErrorCode::NotADatabase));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    assert_eq!(scene.server.requests(), 0);
}

#[test]
fn reuse_copies_equal_requests_and_sends_only_changed_ones() {
    let scene = judged(3);
    // The same endpoint by another name of its host: the origin of a reply does not matter.
    let elsewhere = format!("{:?}", scene.server.base_url().replace("127.0.0.1", "localhost"));
    scene.settings(&[("base_url", &elsewhere)]);
    judge(&scene, &["--run", "copy.db", "--reuse", "run.db"]).expect(0);
    assert_eq!(scene.server.requests(), 6, "all of it could be copied");
    let all = ["verdicts", "copy.db", "--all", "--replies"];
    for verdict in scene.run(&all).expect(0).json_lines() {
        assert_eq!(verdict["winner"], "beta");
        let copies = [0, 1].map(|order| &attempts(&verdict, order)[0]);
        assert_eq!(copies.map(|copy| copy["reused"] == true), [true; 2], "{verdict}");
    }
    scene.settings(&[]);
    let path = scene.folder.path().join("items.jsonl");
    let items = std::fs::read_to_string(&path).unwrap();
    scene.folder.write("items.jsonl", &items.replace("BETA on q-002", "BETA, improved, on q-002"));
    let reuse = ["--run", "changed.db", "--reuse", "run.db", "--format", "json"];
    let said = judge(&scene, &reuse).expect(0);
    let asked: Vec<String> = scene.server.seen()[6..].iter().map(|seen| seen.id.clone()).collect();
    assert_eq!(asked, ["q-002", "q-002"]);
    let summary: Value = serde_json::from_str(&said.stdout).unwrap();
    let replies = ["replies", "reused"].map(|key| summary["judges"][0][key].as_u64());
    assert_eq!(replies, [Some(6), Some(4)]);

    scene.settings(&[("temperature", "1.0")]);
    judge(&scene, &["--run", "warmer.db", "--reuse", "run.db"]).expect(0);
    assert_eq!(scene.server.requests(), 14, "another temperature is another request");
    judge(&scene, &["--run", "warmer.db", "--reuse", "warmer.db"]).expect(2);
}

#[test]
fn a_larger_limit_contains_the_smaller_one() {
    let scene = Scene::new(10, |seen| seen.prefers("beta"));
    scene.judge(&["--limit", "3"]).expect(0);
    assert_eq!([scene.server.requests(), scene.outcomes().len()], [6, 3]);
    scene.judge(&["--limit", "5"]).expect(0);
    assert_eq!([scene.server.requests(), scene.outcomes().len()], [10, 5]);
    scene.judge(&[]).expect(0);
    assert_eq!([scene.server.requests(), scene.outcomes().len()], [20, 10]);
    let mut ids: Vec<String> =
        scene.server.seen()[..6].iter().map(|seen| seen.id.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_ne!(ids, ["q-001", "q-002", "q-003"], "the pilot is drawn, not the file's beginning");
}

#[test]
fn more_repeats_extend_a_run_and_fewer_do_not_change_it() {
    let scene = judged(1);
    judge(&scene, &["--repeat", "3"]).expect(0);
    assert_eq!(scene.server.requests(), 6);
    judge(&scene, &["--repeat", "2"]).expect(0);
    assert_eq!(scene.server.requests(), 6);
    assert_eq!(scene.verdicts()[0]["orders"][0]["votes"].as_array().unwrap().len(), 3);
}

#[test]
fn retry_failed_retries_only_failed_and_unparsed_trials() {
    let scene = Scene::new(4, |seen| match seen.id.as_str() {
        "q-002" => Answer::error(422, "Unprocessable"),
        "q-003" => Answer::says("I cannot say."),
        _ => seen.prefers(seen.first),
    });
    scene.settings(&[("max_parse_attempts", "0"), ("max_in_flight", "2")]);
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["flipped", "failed", "unparsed", "flipped"]);
    scene.items(5);
    let before = scene.server.requests();
    scene.server.now(|seen| seen.prefers("beta"));
    scene.judge(&["--retry-failed"]).expect(5);
    assert_eq!(scene.outcomes(), ["flipped", "kept beta", "kept beta", "flipped", "pending"]);
    assert_eq!(scene.server.requests() - before, 4);
    let stored = scene.verdicts();
    assert_eq!(attempts(&stored[2], 0).len(), 2, "what could not be read is kept too");
}

#[test]
fn a_run_without_replies_may_be_replaced_by_another() {
    let scene = Scene::new(1, |seen| match seen.model() {
        "mistyped" => Answer::error(404, "The model `mistyped` does not exist"),
        _ => seen.prefers("beta"),
    });
    scene.settings(&[("model", "\"mistyped\"")]);
    scene.judge(&[]).expect(4);
    scene.settings(&[]);
    scene.judge(&["--seed", "4"]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
    scene.judge(&["--seed", "5"]).expect(7);
}

#[test]
fn several_judges_may_be_named_in_any_order() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let two = scene.judge_table("one", &[]) + &scene.judge_table("two", &[]);
    scene.folder.write("evenhand.toml", &two);
    scene.judge(&["--judge", "one", "--judge", "two"]).expect(0);
    scene.judge(&["--judge", "two", "--judge", "one"]).expect(0);
    assert_eq!(scene.server.requests(), 4);
}

#[test]
fn an_item_may_change_while_the_run_has_no_reply() {
    let scene = Scene::new(2, |_| Answer::error(401, "Incorrect API key provided"));
    scene.judge(&[]).expect(4);
    let path = scene.folder.path().join("items.jsonl");
    let items = std::fs::read_to_string(&path).unwrap();
    scene.folder.write("items.jsonl", &items.replace("BETA on q-002", "BETA, improved, on q-002"));
    scene.server.now(|seen| seen.prefers("beta"));
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"; 2]);
}

#[test]
fn repeats_ask_each_order_several_times_and_the_majority_is_its_vote() {
    let scene = Scene::new(2, |seen| match (seen.id.as_str(), seen.before) {
        ("q-002", 0) => seen.prefers("tie"),
        (_, 1) => seen.prefers("alpha"),
        _ => seen.prefers("beta"),
    });
    scene.judge(&["--repeat", "3"]).expect(0);
    assert_eq!(scene.server.requests(), 2 * 2 * 3);
    assert_eq!(scene.outcomes(), ["kept beta", "unparsed"]);
    let verdict = &scene.verdicts()[0];
    let mut votes: Vec<_> = verdict["orders"][0]["votes"].as_array().unwrap().iter().collect();
    votes.sort_by_key(|vote| vote.as_str());
    assert_eq!(votes, ["first", "second", "second"]);
}

/// Tests in which permissions refuse something, which they never do for root.
#[cfg(unix)]
mod needs_other_user_than_root {
    use super::{judge, judged};

    #[test]
    #[ignore = "needs a user other than root"]
    fn a_read_only_run_can_be_read_and_judging_it_is_an_error() {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        let scene = judged(1);
        let (folder, run) = (scene.folder.path(), scene.folder.path().join("run.db"));
        assert_ne!(
            std::fs::metadata(&run).unwrap().uid(),
            0,
            "this test needs a user other than root"
        );
        let allow = |path: &std::path::Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        allow(&run, 0o444);
        allow(folder, 0o555);
        let said = [judge(&scene, &[]), scene.run(&["verdicts", "run.db"])];
        allow(folder, 0o755);
        assert_eq!(said.map(|said| said.code), [7, 0]);
    }
}
