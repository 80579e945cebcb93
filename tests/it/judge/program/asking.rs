//! What a program is asked, how many processes it has, and what is done with its answers.

use std::collections::HashSet;

use super::{Scene, assert_says};

#[test]
fn both_orders_are_asked_once_and_the_run_resumes() {
    let scene = Scene::answering(3, "beta", "");
    scene.judge(&["--limit", "1"]).expect(0);
    assert_eq!(scene.log("asked.log").len(), 2);
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 3]);
    let asked = scene.log("asked.log");
    let ids: HashSet<&String> = asked.iter().collect();
    assert_eq!((asked.len(), ids.len()), (6, 6), "{asked:?}");
    scene.judge(&[]).expect(0);
    assert_eq!(scene.log("asked.log").len(), 6, "nothing is asked twice");
}

#[test]
fn a_program_sees_the_end_of_stdin_when_all_is_asked() {
    let scene = Scene::answering(2, "beta", "processes = 2");
    scene.judge(&[]).expect(0);
    assert_eq!(scene.log("ends.log").len(), scene.groups().len());
    scene.assert_nothing_runs();
}

#[test]
fn repeats_and_unreadable_replies_are_further_trials() {
    let scene = Scene::answering(
        1,
        "case $id in *-1) reply maybe ;; *) beta ;; esac",
        "max_parse_attempts = 2\nprocesses = 1",
    );
    scene.judge(&["--repeat", "2"]).expect(0);
    let asked = scene.log("asked.log");
    let trials: HashSet<&str> = asked.iter().map(|id| id.split('-').next().unwrap()).collect();
    assert_eq!((asked.len(), trials.len()), (8, 4), "{asked:?}");
    assert_eq!(asked.iter().filter(|id| id.ends_with("-2")).count(), 4, "{asked:?}");
    assert_eq!(scene.outcomes(), ["kept beta"]);
}

#[test]
fn several_processes_run_at_once() {
    // Each waits until there are two, which they never are unless they run together.
    let together =
        "while [ \"$(sort -u \"$here/groups.log\" | wc -l)\" -lt 2 ]; do sleep 0.02; done\nbeta";
    let scene = Scene::answering(4, together, "processes = 2");
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 4]);
    assert_eq!(scene.groups().len(), 2);
}

#[test]
fn one_process_may_have_several_trials_and_answer_them_in_any_order() {
    let scene = Scene::running(
        1,
        "next; line1=$line; id1=$id; next; beta; line=$line1; id=$id1; beta",
        "processes = 1\nmax_in_flight = 2",
    );
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
    assert_eq!(scene.groups().len(), 1);
}

#[test]
fn the_tokens_cost_and_the_served_model_of_an_answer_are_stored() {
    // `note` is ignored.
    let usage = r#"beta ',"usage":{"input_tokens":1000000,"output_tokens":500000},"model":"served-1","note":[1]'"#;
    let price = "price = { input_per_million = 1.0, output_per_million = 2.0 }";
    let scene = Scene::answering(1, usage, price);
    let said = scene.judge(&[]).expect(0);
    assert_says(&said.stdout, &["$4.00"]);
    let report = scene.folder.run(&["report", "run.db", "--format", "json"]).expect(0).stdout;
    assert_says(&report, &["\"served-1\"", "\"command\":\"sh, command "]);
}

#[test]
fn cached_tokens_have_their_price_and_a_reply_without_usage_costs_its_worst_case() {
    let price = "price = { input_per_million = 1.0, cached_input_per_million = 0.2, output_per_million = 2.0 }";
    let usage = r#"beta ',"usage":{"input_tokens":1000000,"cached_input_tokens":500000,"output_tokens":500000}'"#;
    let scene = Scene::answering(1, usage, price);
    scene.judge(&[]).expect(0);
    assert!((scene.cost() - 2.0 * (0.5 + 0.1 + 1.0)).abs() < 1e-9, "{}", scene.cost());

    let scene = Scene::answering(1, "beta", &format!("{price}\nmax_tokens = 1000000"));
    scene.judge(&[]).expect(0);
    // Two replies of a million tokens, and the prompts.
    assert!((4.0..4.1).contains(&scene.cost()), "{}", scene.cost());
}

#[test]
fn a_reply_that_is_missing_or_cut_off_is_unreadable() {
    for (answer, attempts) in
        [(r#""reply":null"#, 3), (r#""reply":"{\"vote\"","finish_reason":"length""#, 1)]
    {
        let body = format!("printf '{{\"id\":\"%s\",%s}}\\n' \"$id\" '{answer}'");
        let scene = Scene::answering(1, &body, "max_parse_attempts = 2");
        let said = scene.judge(&[]).expect(4);
        assert_says(&said.stderr, &["judge-1: none of ", "could be read"]);
        // The same limit would cut a reply off again, so it is not asked again.
        assert_eq!(scene.log("asked.log").len(), 2 * attempts, "{answer}");
    }
}

#[test]
fn a_cost_is_limited_only_with_a_price() {
    let scene = Scene::answering(1, "beta", "");
    let said = scene.judge(&["--max-cost", "1"]).expect(3);
    assert_says(&said.stderr, &["judges.judge-1.price is missing"]);
    assert_eq!(scene.groups(), [] as [u32; 0]);
}

#[test]
fn votes_by_probability_need_the_probabilities_of_the_program() {
    let rubric = "name = \"letters\"\nversion = \"1.0.0\"\ndescription = \"Which?\"\nprompt = \"letters.j2\"\n\
                  ties = false\n[reply]\nformat = \"logprobs\"\nfirst = \"A\"\nsecond = \"B\"\n";
    let prompt = "{% block system %}Answer A or B.{% endblock %}\n\
                  {% block user %}{{ first }} {{ second }}{% endblock %}\n";
    let probabilities = r#"
        case $line in *'"logprobs":true'*) ;; *) exit 9 ;; esac
        case $line in *ALPHA*BETA*) token=B ;; *) token=A ;; esac
        printf '{"id":"%s","reply":"%s","logprobs":[{"token":"%s","logprob":-0.1}]}\n' "$id" $token $token"#;
    let scene = Scene::answering(1, probabilities, "");
    scene.folder.write("rubrics/letters.toml", rubric);
    scene.folder.write("prompts/letters.j2", prompt);
    scene.judge(&["--rubric", "letters"]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
    assert!(scene.verdicts()[0]["orders"][0]["confidence"].as_f64().unwrap() > 0.9);

    let none = r#"printf '{"id":"%s","reply":"A"}\n' "$id""#;
    let scene = Scene::answering(4, none, "");
    scene.folder.write("rubrics/letters.toml", rubric);
    scene.folder.write("prompts/letters.j2", prompt);
    let said = scene.judge(&["--rubric", "letters"]).expect(4);
    assert_says(&said.stderr, &["judge-1: ", "the program's answer has no \"logprobs\""]);
}

#[test]
fn a_jury_may_have_programs() {
    let scene = Scene::answering(2, "beta", "");
    let flags = ["--judge", "judge-1", "--judge", "builtin:longer", "--judge", "builtin:first"];
    scene.judge(&flags).expect(0);
    let lines = scene.folder.run(&["verdicts", "run.db", "--judge", "judge-1"]).expect(0);
    assert_eq!(lines.json_lines().len(), 2);
}

#[test]
fn replies_are_recorded_and_reused_with_the_same_command_only() {
    let scene = Scene::answering(1, "beta", "");
    scene.judge(&["--record", "replies.jsonl"]).expect(0);
    assert_eq!(scene.log("replies.jsonl").len(), 2);
    let said = scene.judge(&["--run", "again.db", "--reuse", "run.db"]).expect(0);
    assert_says(&said.stderr, &["2 trials answered by copied replies"]);
    assert_eq!(scene.log("asked.log").len(), 2);
    scene.settings("[\"sh\", \"judge.sh\", \"--strict\"]", "");
    scene.judge(&["--run", "other.db", "--reuse", "run.db"]).expect(0);
    assert_eq!(scene.log("asked.log").len(), 4);
}
