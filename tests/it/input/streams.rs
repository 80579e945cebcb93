//! Items, responses and recordings are read as streams, plans and runs page by page: whatever their size,
//! order and layout, nothing is lost, mistaken for another, or asked twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

use evenhand::input::{ItemSource, Recording};
use serde_json::{Value, json};

use crate::support::server::{Answer, Scene, attempts};
use crate::support::{CommandOutput, Folder};

/// More than two batches of the reader, and more than a page of the run file.
const MANY: usize = 2_600;

fn id(number: usize) -> String {
    format!("q-{number:05}")
}

/// A permutation of `0..n` that leaves nothing where it was: 7 has no factor in common with `n`.
fn shuffled(n: usize) -> impl Iterator<Item = usize> {
    assert!(!n.is_multiple_of(7));
    (0..n).map(move |at| (at * 7 + 3) % n)
}

fn judge(folder: &Folder, flags: &[&str]) -> CommandOutput {
    let fixed = ["judge", "items.jsonl", "--rubric", "helpfulness", "--run", "run.db"];
    folder.run(&[&fixed, flags].concat())
}

const LONGER: [&str; 2] = ["--judge", "builtin:longer"];
const APART: [&str; 4] = ["--responses", "alpha=alpha.jsonl", "--responses", "beta=beta.jsonl"];

/// The winner of every comparison by item; null for none.
fn winners(folder: &Folder) -> BTreeMap<String, Value> {
    let lines = folder.run(&["verdicts", "run.db", "--all"]).expect(0).json_lines();
    lines
        .iter()
        .map(|line| (line["id"].as_str().unwrap().to_owned(), line["winner"].clone()))
        .collect()
}

/// Items without responses, and a file of responses for each of two systems. The longer one is that of
/// `beta` where the number is even.
fn apart(n: usize) -> [String; 3] {
    let mut texts = [const { String::new() }; 3];
    for number in 0..n {
        let item = json!({ "id": id(number), "prompt": format!("Question {number}.") });
        writeln!(texts[0], "{item}").unwrap();
    }
    for number in shuffled(n) {
        let line = json!({ "id": id(number), "response": format!("alpha {}", id(number)) });
        writeln!(texts[1], "{line}").unwrap();
    }
    for number in (0..n).rev() {
        let response =
            if number % 2 == 0 { format!("beta beta {}", id(number)) } else { String::new() };
        writeln!(texts[2], "{}", json!({ "id": id(number), "response": response })).unwrap();
    }
    texts
}

fn write_apart(folder: &Folder, texts: &[String; 3]) {
    for (name, text) in ["items.jsonl", "alpha.jsonl", "beta.jsonl"].into_iter().zip(texts) {
        folder.write(name, text);
    }
}

#[test]
fn responses_match_their_items_in_any_order_of_the_lines() {
    let folder = Folder::new();
    write_apart(&folder, &apart(MANY));
    let said = judge(&folder, &[&LONGER[..], &APART].concat()).expect(0);
    assert!(!said.stderr.contains("are not in the items file"), "{}", said.stderr);
    let winners = winners(&folder);
    assert_eq!(winners.len(), MANY);
    for (number, (id, winner)) in winners.iter().enumerate() {
        assert_eq!(winner, ["beta", "alpha"][number % 2], "{id}");
    }
}

#[test]
fn lines_may_be_blank_start_with_a_byte_order_mark_end_with_crlf_and_be_very_long() {
    let folder = Folder::new();
    let texts = apart(40).map(|text| {
        let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
        // One line longer than what is read at a time, one longer than a batch.
        for (at, length) in [(3, 70_000), (21, 5 << 20)] {
            let mut line: Value = serde_json::from_str(&lines[at]).unwrap();
            let field = if line.get("prompt").is_some() { "prompt" } else { "response" };
            line[field] =
                format!("{}{}", line[field].as_str().unwrap(), " long".repeat(length / 5)).into();
            lines[at] = line.to_string();
        }
        format!("\u{feff}{}\r\n \t\r\n", lines.join("\r\n\r\n\n"))
    });
    let lengthened: BTreeSet<usize> = [3, 21]
        .into_iter()
        .map(|at| 39 - at)
        .chain(shuffled(40).skip(3).step_by(18).take(2))
        .collect();
    write_apart(&folder, &texts);
    judge(&folder, &[&LONGER[..], &APART].concat()).expect(0);
    let winners = winners(&folder);
    assert_eq!(winners.len(), 40);
    for (number, winner) in winners.values().enumerate().filter(|(at, _)| !lengthened.contains(at))
    {
        assert_eq!(winner, ["beta", "alpha"][number % 2], "{number}");
    }
    // Without a line break at the end.
    write_apart(&folder, &texts.map(|text| text.trim_end().to_owned()));
    judge(&folder, &[&LONGER[..], &APART].concat()).expect(0);
}

#[test]
fn a_duplicate_id_is_found_at_any_distance() {
    let folder = Folder::new();
    let texts = apart(MANY);
    for (at, name) in ["items.jsonl", "alpha.jsonl", "beta.jsonl"].into_iter().enumerate() {
        let mut texts = texts.clone();
        let second = texts[at].lines().nth(1).unwrap().to_owned();
        writeln!(texts[at], "{second}").unwrap();
        write_apart(&folder, &texts);
        let said = judge(&folder, &[&LONGER[..], &APART].concat()).expect(3);
        let place = format!("{name}:{}: id `q-", MANY + 1);
        assert!(said.stderr.contains(&place), "{}", said.stderr);
        assert!(said.stderr.contains("is already on line 2"), "{}", said.stderr);
        assert!(!folder.path().join("run.db").exists());
    }
}

/// The lines that do not hold a word.
fn without(text: &str, word: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.contains(word)).collect()
}

#[test]
fn unmatched_ids_beyond_the_first_batch_are_counted() {
    let folder = Folder::new();
    let mut texts = apart(MANY);
    texts[0] = without(&texts[0], "7\"");
    texts[1] = without(&texts[1], "q-024");
    write_apart(&folder, &texts);
    let said = judge(&folder, &[&LONGER[..], &APART].concat()).expect(0);
    for warned in [
        "beta.jsonl: 260 ids are not in the items file and were ignored (first: `q-02597`)",
        "alpha.jsonl: 90 items have no response of `alpha` (first: `q-02400`)",
        "90 items have fewer than two responses and are left out (first: `q-02400`)",
    ] {
        assert!(said.stderr.contains(warned), "{warned}: {}", said.stderr);
    }
    assert_eq!(winners(&folder).len(), MANY - 260 - 90);
}

#[test]
fn an_error_in_a_late_line_creates_no_run_and_leaves_an_existing_one_unchanged() {
    let scene = Scene::new(5, |seen| seen.prefers("beta"));
    let items = |count| {
        scene.items(count);
        std::fs::read_to_string(scene.folder.path().join("items.jsonl")).unwrap()
    };
    let (few, many) = (items(5), items(MANY));
    let broken = [
        ("{\"id\":\"late\"}\n", "prompt is missing"),
        ("not JSON\n", "not valid JSON"),
        ("{\"id\":\"late\",\"prompt\":\"\",\"responses\":{\"alpha\":\"\"}}\n", "found one"),
        (
            "{\"id\":\"q-003\",\"prompt\":\"\",\"responses\":{\"alpha\":\"\",\"beta\":\"\"}}\n",
            "already on line 3",
        ),
    ];
    let refused = |run: &str| {
        for (line, says) in broken {
            scene.folder.write("items.jsonl", &format!("{many}{line}"));
            let said = scene.judge(&["--run", run]).expect(3);
            let place = format!("items.jsonl:{}: ", MANY + 1);
            assert!(said.stderr.contains(&place) && said.stderr.contains(says), "{}", said.stderr);
        }
    };
    refused("folder/run.db");
    assert!(!scene.folder.path().join("folder").exists());
    scene.folder.write("items.jsonl", &few);
    scene.judge(&[]).expect(0);
    let before = scene.verdicts();
    refused("run.db");
    assert_eq!(scene.verdicts(), before, "not a comparison was added");
    assert_eq!(scene.server.requests(), 10);
}

#[test]
fn a_run_that_has_cost_nothing_is_replaced_only_after_valid_input() {
    let scene = Scene::new(2, |_| Answer::error(401, "Incorrect API key provided"));
    scene.judge(&[]).expect(4);
    let before = scene.verdicts();
    let path = scene.folder.path().join("items.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    scene.folder.write("items.jsonl", &format!("{text}not JSON\n"));
    scene.judge(&["--seed", "4"]).expect(3);
    assert_eq!(scene.verdicts(), before);
}

#[cfg(unix)]
fn piped(folder: &Folder, input: &str, arguments: &[&str]) -> CommandOutput {
    let mut command = folder.command(arguments);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // Whoever refuses its items does not read them to their end.
    let writing = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let said = CommandOutput::of(&child.wait_with_output().unwrap());
    writing.join().unwrap();
    said
}

#[cfg(unix)]
#[test]
fn pipes_may_be_read_even_if_they_are_needed_twice() {
    let scene = Scene::new(MANY, |seen| seen.prefers("beta"));
    let folder = &scene.folder;
    let items = std::fs::read_to_string(folder.path().join("items.jsonl")).unwrap();
    let fixed = ["/dev/stdin", "--rubric", "helpfulness", "--judge", "builtin:random"];
    let from_pipe = |command: &[&str], flags: &[&str]| {
        piped(folder, &items, &[command, &fixed[..], flags].concat())
    };
    let said = from_pipe(&["check"], &["--format", "json"]).expect(0);
    assert_eq!(said.json_lines()[0]["comparisons"], MANY);
    from_pipe(&["judge"], &["--run", "piped.db"]).expect(0);
    scene.judge(&["--judge", "builtin:random"]).expect(0);
    let lines = |run| scene.run(&["verdicts", run, "--all"]).expect(0).stdout;
    assert_eq!(lines("piped.db"), lines("run.db"));

    // A limit reads the items twice, and responses are looked up by their positions.
    from_pipe(&["judge"], &["--limit", "3", "--run", "limit.db"]).expect(0);
    scene.judge(&["--judge", "builtin:random", "--limit", "3", "--run", "again.db"]).expect(0);
    assert_eq!(lines("limit.db"), lines("again.db"));
    let response = |line: &str| {
        let item: Value = serde_json::from_str(line).unwrap();
        format!("{}\n", json!({ "id": item["id"], "response": "from a pipe" }))
    };
    let responses: String = items.lines().map(response).collect();
    let apart = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:random"];
    let apart = [&apart[..], &["--responses", "gamma=/dev/stdin", "--run", "apart.db"]].concat();
    piped(folder, &responses, &apart).expect(0);
    assert_eq!(lines("apart.db").lines().count(), 3 * MANY);
}

const RECORDED: &str = "[judges.played]\nrecorded = \"replies.jsonl\"\n";

#[test]
fn a_recording_may_have_its_lines_in_any_order_if_repeats_keep_theirs() {
    let scene = Scene::new(701, |_| Answer::says("nobody is asked"));
    scene.folder.write("evenhand.toml", RECORDED);
    let mut lines = Vec::new();
    for repeat in 0..3 {
        for number in shuffled(701) {
            for (first, second) in [("alpha", "beta"), ("beta", "alpha")] {
                let vote = if number % 2 == 0 || repeat == 1 { "tie" } else { "first" };
                let said = format!("{number} {first} {repeat}");
                let reply = json!({ "reasoning": said, "criteria": {}, "vote": vote }).to_string();
                let id = format!("q-{:03}", number + 1);
                let line = json!({ "id": id, "first": first, "second": second, "reply": reply });
                lines.push(line.to_string());
            }
        }
    }
    scene.folder.write("replies.jsonl", &format!("\u{feff}{}\r\n", lines.join("\r\n")));
    scene.judge(&["--judge", "played", "--repeat", "3"]).expect(0);
    let verdicts = scene.verdicts();
    assert_eq!(verdicts.len(), 701);
    for (number, verdict) in verdicts.iter().enumerate() {
        for (order, first) in ["alpha", "beta"].into_iter().enumerate() {
            for (repeat, attempt) in attempts(verdict, order).iter().enumerate() {
                let expected = format!("\"{number} {first} {repeat}\"");
                assert!(attempt["reply"].as_str().unwrap().contains(&expected), "{attempt}");
            }
        }
    }
}

/// Lines that are all of one length and name `q-001` and so on, and how the file may change between
/// two readings: nothing of it has its former line in any place.
fn of_one_length(line: impl Fn(&str) -> String) -> (String, Vec<String>) {
    let lines: Vec<String> =
        (1..=500).map(|number| line(&format!("q-{number:03}")) + "\n").collect();
    let mut turned = lines.clone();
    turned.rotate_left(1);
    let text = lines.concat();
    let others =
        [turned.concat(), text.replace("q-", "x-"), String::new(), "\n".repeat(text.len())];
    (text, others.into())
}

#[test]
fn a_recording_changed_while_it_is_read_is_an_error() {
    let folder = Folder::new();
    let (text, others) = of_one_length(|id| {
        json!({ "id": id, "first": "a", "second": "b", "reply": format!("of {id}") }).to_string()
    });
    for other in others {
        let path = folder.write("replies.jsonl", &text);
        let recording = Recording::read(&path, None).unwrap();
        let reply = |id| recording.answer(id, "a", "b", 0);
        assert_eq!(reply("q-001").unwrap().unwrap().reply.unwrap(), "of q-001");
        // In the same file, not in another of the same name.
        std::fs::write(&path, &other).unwrap();
        let error = reply("q-400").unwrap_err().to_string();
        assert!(error.contains("replies.jsonl:400: "), "{error}");
    }
}

#[test]
fn responses_changed_while_they_are_read_are_an_error() {
    let folder = Folder::new();
    let (text, others) =
        of_one_length(|id| json!({ "id": id, "response": format!("of {id}") }).to_string());
    let items = of_one_length(|id| json!({ "id": id, "prompt": "Why?" }).to_string()).0;
    let items = folder.write("items.jsonl", &items);
    let alpha = folder.write("alpha.jsonl", &text);
    for other in others {
        let beta = folder.write("beta.jsonl", &text);
        let of = [("alpha".to_owned(), &*alpha), ("beta".to_owned(), &*beta)];
        let source = ItemSource::open(&items, &of).unwrap();
        std::fs::write(&beta, &other).unwrap();
        let error = source.read().unwrap().next_batch().unwrap_err().to_string();
        assert!(error.contains("beta.jsonl:1: "), "{error}");
    }
}

#[test]
fn an_item_may_have_twelve_systems() {
    let folder = Folder::new();
    let responses: BTreeMap<String, String> =
        (0..12).map(|at| (format!("s{at:02}"), "word ".repeat(at))).collect();
    let item = |id: &str| json!({ "id": id, "prompt": "Why?", "responses": responses }).to_string();
    folder.write("items.jsonl", &format!("{}\n{}\n", item("a"), item("b")));
    judge(&folder, &LONGER).expect(0);
    let lines = folder.run(&["verdicts", "run.db", "--all"]).expect(0).json_lines();
    assert_eq!(lines.len(), 132);
    let mut pairs = BTreeSet::new();
    for line in &lines {
        assert_eq!(line["winner"], line["between"][1], "{line}");
        pairs.insert((line["id"].to_string(), line["between"].to_string()));
    }
    assert_eq!(pairs.len(), 132);
    judge(&folder, &[&LONGER[..], &["--baseline", "s05"]].concat()).expect(0);
}

/// The ids that have been asked since, each as often as it was.
fn asked_since(scene: &Scene, before: usize) -> BTreeMap<String, usize> {
    let mut asked = BTreeMap::new();
    for seen in &scene.server.seen()[before..] {
        *asked.entry(seen.id.clone()).or_default() += 1;
    }
    asked
}

#[test]
fn a_resumed_run_of_many_pages_sends_only_outstanding_requests() {
    const N: usize = 3_000;
    let scene = Scene::new(N, |seen| match seen.before {
        0 if seen.id.ends_with("99") => Answer::error(413, "Payload too large"),
        _ => seen.prefers("beta"),
    });
    let limits = [("max_in_flight", "32"), ("max_attempts", "1"), ("max_parse_attempts", "0")];
    scene.settings(&limits);
    // Stopped in the middle of pages, more than once.
    for (sent, code) in [(1_001, 5), (3_000, 5), (400, 5)] {
        let before = scene.server.requests();
        let said = scene.judge(&["--max-requests", &sent.to_string()]).expect(code);
        assert_eq!(scene.server.requests() - before, sent / 2 * 2, "{}", said.stderr);
        assert!(
            asked_since(&scene, before).values().all(|times| *times == 2),
            "both orders or neither"
        );
    }
    // More items, in front of the others.
    let path = scene.folder.path().join("items.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let new: String = text.lines().take(10).map(|line| line.replace("q-0", "n-0") + "\n").collect();
    scene.folder.write("items.jsonl", &(new + &text));
    scene.judge(&[]).expect(0);
    let all = asked_since(&scene, 0);
    assert_eq!(all.len(), N + 10);
    assert!(all.values().all(|times| *times == 2), "nothing was asked twice");
    let before = scene.server.requests();
    scene.judge(&[]).expect(0);
    assert_eq!(scene.server.requests(), before);

    // Refused ones stand in every page.
    scene.judge(&["--retry-failed"]).expect(0);
    let again = asked_since(&scene, before);
    assert_eq!(again.len(), 30);
    assert!(again.iter().all(|(id, times)| id.ends_with("99") && *times == 2), "{again:?}");
    assert_eq!(scene.outcomes(), vec!["kept beta"; N + 10]);
}

#[test]
fn replies_are_reused_over_many_pages_and_in_any_order_of_the_items() {
    let scene = Scene::new(MANY, |seen| seen.prefers("beta"));
    let coin = ["--judge", "builtin:random"];
    scene.judge(&[&coin[..], &["--repeat", "2", "--run", "source.db"]].concat()).expect(0);
    let path = scene.folder.path().join("items.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.reverse();
    scene.folder.write("items.jsonl", &(lines.join("\n") + "\n"));
    // Another seed has other coins: what comes out equal was copied.
    let other = [&coin[..], &["--repeat", "3", "--seed", "5", "--reuse", "source.db"]].concat();
    let said = scene.judge(&other).expect(0);
    let copied = format!("builtin:random: {} trials answered by copied replies", "10,400");
    assert!(said.stderr.contains(&copied), "{}", said.stderr);
    let replies = |run: &str| -> BTreeMap<String, Vec<Value>> {
        let lines = scene.run(&["verdicts", run, "--all", "--replies"]).expect(0).json_lines();
        let of = |line: &Value| -> Vec<Value> {
            (0..2)
                .flat_map(|order| attempts(line, order).iter())
                .filter(|attempt| attempt["repeat"] != 2)
                .map(|attempt| attempt["reply"].clone())
                .collect()
        };
        lines.iter().map(|line| (line["id"].to_string(), of(line))).collect()
    };
    assert_eq!(replies("run.db"), replies("source.db"));
}
