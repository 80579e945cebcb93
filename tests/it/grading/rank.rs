//! `evenhand rank` by grades: the comparisons made of them, and what they lose against verdicts.

use serde_json::{Value, json};

use crate::support::graded_run::{GradedRow, grade_rubric, graded, graded_rows};
use crate::support::{CommandOutput, Folder, lines_of};

const SYSTEMS: [&str; 3] = ["alpha", "beta", "gamma"];
/// The places of the systems of each pair.
const PAIRS: [[usize; 2]; 3] = [[0, 1], [0, 2], [1, 2]];

/// For each item: the steps of the three responses (`x`: the directions give different ones, `n`: cannot assess), the
/// verdicts on the three pairs (`t`: a tie, `x`: flipped), and their labels (`-`: none, `?`: two people disagree).
const ITEMS: [[&str; 3]; 12] = [
    ["01x", "xcc", "bcb"],
    ["212", "aab", "-at"],
    ["201", "acc", "acc"],
    ["0n0", "axx", "tcb"],
    ["n10", "bab", "tab"],
    ["121", "bcx", "ba-"],
    ["x2x", "bcc", "bc-"],
    ["221", "tct", "tat"],
    ["022", "xcb", "-cc"],
    ["111", "xcc", "bcc"],
    ["210", "aat", "a?b"],
    ["112", "acc", "acc"],
];

fn id(item: usize) -> String {
    format!("q{item:02}")
}

/// The system that a letter names; `None` for a tie.
fn winner(letter: char) -> Option<&'static str> {
    "abc".find(letter).map(|at| SYSTEMS[at])
}

/// The two recorded votes on a pair, as they are shown first and second.
fn votes(item: usize, pair: [usize; 2], letter: char) -> Vec<Value> {
    let [a, b] = pair.map(|at| SYSTEMS[at]);
    let vote = |first: &str, second: &str| {
        let vote = match (letter, winner(letter)) {
            // The first one in both orders.
            ('x', _) => "first",
            (_, Some(winner)) if winner == first => "first",
            (_, Some(_)) => "second",
            (_, None) => "tie",
        };
        json!({ "id": id(item), "first": first, "second": second, "vote": vote })
    };
    vec![vote(a, b), vote(b, a)]
}

/// A folder with `grades.db`, `pairs.db` and `labels.jsonl`; `verdict` is what the judge says of a pair.
fn folder(verdict: impl Fn(usize, usize) -> char) -> Folder {
    let folder = Folder::new();
    let (mut items, mut grades, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
    let mut labels = Vec::new();
    for (item, [steps, _, people]) in ITEMS.iter().enumerate() {
        let responses =
            SYSTEMS.map(|system| (system.to_owned(), json!(format!("{system} {item}"))));
        let responses: serde_json::Map<String, Value> = responses.into_iter().collect();
        items.push(
            json!({ "id": id(item), "prompt": format!("Prompt {item}?"), "responses": responses }),
        );
        for (system, step) in SYSTEMS.iter().zip(steps.chars()) {
            for scale in ["written", "reversed"] {
                let grade = match step {
                    'x' if scale == "written" => "poor",
                    'x' => "good",
                    'n' => "cannot assess",
                    step => ["poor", "fair", "good"][step as usize - '0' as usize],
                };
                grades.push(
                    json!({ "id": id(item), "system": system, "scale": scale, "grade": grade }),
                );
            }
        }
        for (at, (pair, label)) in PAIRS.into_iter().zip(people.chars()).enumerate() {
            pairs.extend(votes(item, pair, verdict(item, at)));
            let between = pair.map(|at| SYSTEMS[at]);
            let one = |annotator: &str, winner: &str| json!({ "id": id(item), "annotator": annotator, "between": between, "winner": winner });
            match label {
                '-' => {}
                '?' => labels.extend([one("ana", between[0]), one("ben", between[1])]),
                letter => labels.push(one("ana", winner(letter).unwrap_or("tie"))),
            }
        }
    }
    folder.write("items.jsonl", &lines_of(items));
    folder.write("labels.jsonl", &lines_of(labels));
    folder.write("g.jsonl", &lines_of(grades));
    folder.write("p.jsonl", &lines_of(pairs));
    let judges = "[judges.g]\nrecorded = \"g.jsonl\"\n[judges.p]\nrecorded = \"p.jsonl\"\n";
    folder.write("evenhand.toml", judges);
    folder.write("r.toml", &grade_rubric());
    let run = |command: &str, rubric: &str, judge: &str, run: &str| {
        let flags = [command, "items.jsonl", "--rubric", rubric, "--judge", judge, "--run", run];
        folder.run(&flags).expect(0);
    };
    run("grade", "./r.toml", "g", "grades.db");
    run("judge", "helpfulness", "p", "pairs.db");
    folder
}

fn as_listed() -> Folder {
    folder(|item, pair| ITEMS[item][1].chars().nth(pair).unwrap())
}

fn rank(folder: &Folder, arguments: &[&str]) -> CommandOutput {
    folder.run(&[&["rank"], arguments].concat())
}

fn ranking(folder: &Folder, arguments: &[&str]) -> Value {
    let said = rank(folder, &[arguments, &["--format", "json"]].concat()).expect(0);
    serde_json::from_str(&said.stdout).unwrap()
}

#[track_caller]
fn assert_estimate(found: &Value, [value, low, high]: [f64; 3], n: u64) {
    for (key, expected) in [("value", value), ("low", low), ("high", high)] {
        let number = found[key].as_f64().unwrap();
        assert!((number - expected).abs() < 1e-9, "{key}: {number}, expected {expected}");
    }
    assert_eq!(found["n"], n);
}

#[test]
fn the_higher_grade_wins_and_equal_grades_tie() {
    let ranking = ranking(&as_listed(), &["grades.db"]);
    assert_eq!((&ranking["from"], &ranking["loss"]), (&json!("grades"), &Value::Null));
    let counts = &ranking["comparisons"];
    assert_eq!(
        (&counts["planned"], &counts["kept"], &counts["missing"]),
        (&json!(36), &json!(27), &json!(9))
    );
    assert_eq!(ranking["connected"], true);
    let pairs: Vec<[u64; 3]> = ranking["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| ["wins", "losses", "ties"].map(|key| pair[key].as_u64().unwrap()))
        .collect();
    // Of the later system of each pair, counted by hand from the table.
    assert_eq!(pairs, [[3, 3, 3], [2, 3, 4], [3, 4, 2]]);
    let warnings = ranking["warnings"].as_array().unwrap();
    let left_out = warnings.iter().find(|one| one["code"] == "without-grades").unwrap();
    let message = left_out["message"].as_str().unwrap();
    assert!(message.starts_with("9 of 36 comparisons are left out"), "{message}");
    let adjusted = &ranking["order_adjusted"];
    assert_eq!(adjusted["undefined"], "grades have no order of presentation");
}

#[test]
fn grades_rank_as_verdicts_with_the_same_results_do() {
    // The verdict that the grades of a pair give; without one, the orders contradict each other.
    let folder = folder(|item, pair| {
        let step = |at: usize| ITEMS[item][0].chars().nth(at).unwrap();
        let [a, b] = PAIRS[pair];
        match (step(a).to_digit(10), step(b).to_digit(10)) {
            (Some(one), Some(other)) if one == other => 't',
            (Some(one), Some(other)) => ['a', 'b', 'c'][if one > other { a } else { b }],
            _ => 'x',
        }
    });
    let [grades, verdicts] = ["grades.db", "pairs.db"].map(|run| ranking(&folder, &[run]));
    assert_eq!(verdicts["from"], "verdicts");
    for key in ["wins", "losses", "ties", "win_rate"] {
        for pair in 0..3 {
            assert_eq!(grades["pairs"][pair][key], verdicts["pairs"][pair][key], "{key}");
        }
    }
}

/// The expected values are those of scikit-learn 1.7.2 (`accuracy_score`) and statsmodels 0.14.5: `OLS` on a constant with
/// `cov_type="cluster"`, `use_correction`, `df_correction` and `use_t`, of 20 comparisons in 9 items.
#[test]
fn what_grades_lose_is_measured_on_the_comparisons_that_both_decide() {
    let folder = as_listed();
    let flags = ["grades.db", "--against", "pairs.db", "--labels", "labels.jsonl"];
    let loss = ranking(&folder, &flags)["loss"].clone();
    assert_eq!((&loss["against"], &loss["judges"]), (&json!(["pairs.db"]), &json!(["p"])));
    let counts = ["labelled", "no_majority", "labels_unmatched", "compared"];
    assert_eq!(counts.map(|key| loss[key].as_u64().unwrap()), [31, 1, 0, 20]);
    assert_eq!(
        (&loss["grades"]["decided"], &loss["verdicts"]["decided"]),
        (&json!(23), &json!(27))
    );
    assert_estimate(&loss["grades"]["agreement"], [0.55, 0.310_977_915_926, 0.789_022_084_074], 20);
    assert_estimate(
        &loss["verdicts"]["agreement"],
        [0.75, 0.556_635_674_898, 0.943_364_325_102],
        20,
    );
    assert_estimate(&loss["grades"]["ties"], [0.35, 0.115_398_785_189, 0.584_601_214_811], 20);
    // An interval of a share does not leave 0 to 1.
    assert_estimate(&loss["verdicts"]["ties"], [0.15, 0.0, 0.384_601_214_811], 20);
    assert_estimate(&loss["people_ties"], [0.15, 0.0, 0.384_601_214_811], 20);
    assert_estimate(&loss["difference"], [-0.2, -0.497_554_964_573, 0.097_554_964_573], 20);
    let p = loss["p_value"].as_f64().unwrap();
    assert!((p - 0.159_744_486_282).abs() < 1e-9, "{p}");

    let text = rank(&folder, &flags).expect(0).stdout;
    for line in [
        "27 of two kept grades, of which 9 are equal; 9 without them",
        "grades against verdicts on the same 20 comparisons, of 31 with a label",
        "grades minus verdicts: −20.0",
        "23 have two kept grades, 27 a kept verdict",
        "All votes: the mean score over them; equal grades are one half.",
    ] {
        let unwrapped = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(unwrapped.contains(line), "{line}\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let csv = rank(&folder, &[&flags[..], &["--format", "csv"]].concat()).expect(0).stdout;
    assert!(csv.contains("\nloss,,,-0.") && csv.contains("\nloss_grades_ties,,,0.35,"), "{csv}");
    assert!(
        csv.lines().any(|line| line.starts_with("from,") && line.ends_with(",grades")),
        "{csv}"
    );
}

#[test]
fn flags_and_runs_that_do_not_fit_are_refused() {
    let folder = as_listed();
    let said = rank(&folder, &["grades.db", "pairs.db"]).expect(3);
    assert!(said.stderr.contains("pairs.db: this run has comparisons"), "{}", said.stderr);
    assert!(said.stderr.contains("--against RUN --labels FILE"), "{}", said.stderr);
    let said = rank(&folder, &["pairs.db", "--against", "pairs.db", "--labels", "labels.jsonl"]);
    assert!(said.expect(2).stderr.contains("these runs have no grades"));
    let said = rank(&folder, &["grades.db", "--against", "grades.db", "--labels", "labels.jsonl"]);
    assert!(said.expect(3).stderr.contains("grades of single responses, and no comparisons"));
    rank(&folder, &["grades.db", "--against", "pairs.db"]).expect(2);
    let said = rank(&folder, &["grades.db", "--labels", "labels.jsonl"]).expect(2);
    assert!(said.stderr.contains("--labels needs --against"), "{}", said.stderr);
    let grade = json!({ "id": "q01", "annotator": "ana", "system": "alpha", "grade": "good" });
    folder.write("grades.jsonl", &lines_of([grade]));
    rank(&folder, &["grades.db", "--against", "pairs.db", "--labels", "grades.jsonl"]).expect(3);
    let other =
        json!({ "id": "zz", "annotator": "ana", "between": ["alpha", "beta"], "winner": "tie" });
    folder.write("other.jsonl", &lines_of([other]));
    let said = rank(&folder, &["grades.db", "--against", "pairs.db", "--labels", "other.jsonl"]);
    let said = said.expect(3);
    assert!(said.stderr.contains("1 have other ids"), "{}", said.stderr);
    let said = rank(&folder, &["grades.db", "--judge", "nobody"]).expect(3);
    assert!(said.stderr.contains("no run has a judge `nobody`"), "{}", said.stderr);
}

#[test]
fn grades_of_one_judge_count_once_and_those_of_several_apart() {
    let folder = as_listed();
    std::fs::copy(folder.path().join("grades.db"), folder.path().join("copy.db")).unwrap();
    let said = rank(&folder, &["grades.db", "copy.db"]).expect(3);
    let message = "copy.db: item q00, alpha: g has graded this response in grades.db too";
    assert!(said.stderr.contains(message), "{}", said.stderr);
    let rows = graded_rows(&["a", "b"], &[(6, "2/2 0/0"), (6, "1/1 1/1")]);
    let ranked = ranking(&graded(&rows).folder, &["run.db"]);
    // Six items, two judges.
    assert_eq!(ranked["comparisons"]["planned"], 12);
    assert_eq!(ranked["pairs"][0]["ties"], 12);
}

#[test]
fn without_two_kept_grades_of_an_item_nothing_is_ranked() {
    let row = |system, replies| GradedRow { id: "q1".to_owned(), system, replies };
    let run = graded(&[row("a", "0/1"), row("b", "2/2")]);
    let said = rank(&run.folder, &["run.db"]).expect(8);
    assert!(
        said.stderr.contains("no two responses to one prompt have kept grades"),
        "{}",
        said.stderr
    );
    let run = graded(&[row("a", "0/-"), row("b", "2/2")]);
    rank(&run.folder, &["run.db"]).expect(5);
}

#[test]
fn the_order_of_the_runs_does_not_matter() {
    let folder = Folder::new();
    folder.write("r.toml", &grade_rubric());
    folder.write("evenhand.toml", "[judges.g]\nrecorded = \"g.jsonl\"\n");
    let ids = |run: usize| (6 * run..6 * (run + 1)).map(id);
    let grades = (0..12).flat_map(|item| {
        let grade = move |(system, grade): (&str, &str)| {
            ["written", "reversed"].map(
                |scale| json!({ "id": id(item), "system": system, "scale": scale, "grade": grade }),
            )
        };
        [("a", "good"), ("b", if item < 9 { "fair" } else { "good" })].into_iter().flat_map(grade)
    });
    folder.write("g.jsonl", &lines_of(grades));
    for (run, listed) in [["a", "b"], ["b", "a"]].into_iter().enumerate() {
        let items = ids(run).map(|id| json!({ "id": id, "prompt": "Why?" }));
        folder.write("items.jsonl", &lines_of(items));
        let flags = listed.map(|system| {
            let responses =
                ids(run).map(|id| json!({ "id": id, "response": format!("{system} {id}") }));
            folder.write(&format!("{system}.jsonl"), &lines_of(responses));
            format!("{system}={system}.jsonl")
        });
        let [first, second] = &flags;
        let path = format!("{run}.db");
        let command = ["grade", "items.jsonl", "--responses", first, "--responses", second];
        let further = ["--rubric", "./r.toml", "--judge", "g", "--run", &path];
        folder.run(&[&command[..], &further].concat()).expect(0);
    }
    let [one, other] = [["0.db", "1.db"], ["1.db", "0.db"]].map(|runs| ranking(&folder, &runs));
    assert_eq!(one["pairs"], other["pairs"]);
    // As if nothing had listed them: of the later name.
    assert_eq!((&one["pairs"][0]["wins"], &one["pairs"][0]["losses"]), (&json!(0), &json!(9)));
}

#[test]
fn labels_of_pairs_that_only_the_graded_runs_have_are_counted_and_left_out() {
    let folder = as_listed();
    let flags =
        ["judge", "two.jsonl", "--rubric", "helpfulness", "--judge", "p", "--run", "two.db"];
    let items = std::fs::read_to_string(folder.path().join("items.jsonl")).unwrap();
    let two = items.lines().map(|line| {
        let mut item: Value = serde_json::from_str(line).unwrap();
        item["responses"].as_object_mut().unwrap().remove("gamma");
        item
    });
    folder.write("two.jsonl", &lines_of(two));
    folder.run(&flags).expect(0);
    let flags = ["grades.db", "--against", "two.db", "--labels", "labels.jsonl"];
    let loss = ranking(&folder, &flags)["loss"].clone();
    let labels = std::fs::read_to_string(folder.path().join("labels.jsonl")).unwrap();
    let of_gamma = labels.lines().filter(|line| {
        let label: Value = serde_json::from_str(line).unwrap();
        label["between"].as_array().unwrap().contains(&json!("gamma"))
    });
    assert_eq!(loss["labels_unmatched"], of_gamma.count());
    let of_two = ITEMS.iter().filter(|row| "abct".contains(&row[2][..1])).count();
    assert_eq!(loss["labelled"], of_two);
}

#[test]
fn responses_of_one_system_cannot_be_ranked() {
    let run = graded(&graded_rows(&["only"], &[(3, "2/2")]));
    let said = rank(&run.folder, &["run.db"]).expect(3);
    assert!(said.stderr.contains("responses of one system, `only`"), "{}", said.stderr);
    assert!(said.stderr.contains("or show the report of this one"), "{}", said.stderr);
}
