//! What a run of a cascade is: its rule and judges, and what it cannot be.

use super::{FLAGS, scene};

#[test]
fn another_rule_or_order_of_judges_or_none_is_another_run() {
    let scene = scene(2, &[], |seen| seen.prefers(seen.first));
    scene.judge(&FLAGS).expect(0);
    let requests = scene.server.requests();
    for (flags, field, now) in [
        (
            &["--then", "strong", "--when", "margin<0.3", "--repeat", "2"][..],
            "cascade.when",
            "margin<0.3",
        ),
        (
            &["--judge", "strong", "--then", "judge-1"],
            "cascade",
            "strong, then judge-1 when not-kept",
        ),
        (
            &["--judge", "judge-1", "--judge", "strong"],
            "cascade",
            "every judge is asked about everything",
        ),
        (&[], "judge", "judge-1"),
    ] {
        let said = scene.judge(flags).expect(7).stderr;
        assert!(said.contains(&format!("this is another run: {field} differs")), "{said}");
        assert!(said.contains(now), "{said}");
        assert!(said.contains("--reuse"), "{said}");
    }
    assert_eq!(scene.server.requests(), requests);
    // A jury is no cascade.
    let jury = ["--run", "jury.db", "--judge", "judge-1", "--judge", "strong"];
    scene.judge(&jury).expect(0);
    let said = scene.judge(&[&FLAGS[..], &["--run", "jury.db"]].concat()).expect(7).stderr;
    assert!(
        said.contains("the run file has none: every judge is asked about everything"),
        "{said}"
    );
}

#[test]
fn what_a_cascade_cannot_be_is_refused_before_anything_is_asked() {
    let scene = scene(2, &[], |seen| seen.prefers("beta"));
    for (flags, words) in [
        (
            &["--judge", "judge-1", "--judge", "builtin:longer", "--then", "strong"][..],
            "--then needs a single --judge",
        ),
        (&["--then", "judge-1"], "judge judge-1 is given twice"),
        (&["--then", "strong", "--when", "margin<0.5"], "the verdicts of judge-1 have no margin"),
        (&["--then", "strong", "--when", "margin<2"], "above 0 and at most 1"),
        (&["--then", "strong", "--when", "unsure"], "expected not-kept or margin<X"),
        (&["--when", "not-kept"], "--then"),
        (&["--then", "strong", "--until-decided", "beta"], "cannot be used with"),
        (&["--then", "strong", "--record", "out.jsonl"], "--record needs a single judge"),
    ] {
        let said = scene.judge(flags).expect(2).stderr;
        assert!(said.contains(words), "{flags:?}: {said}");
    }
    let rubric =
        "name = \"g\"\ndescription = \"Good?\"\nmode = \"grade\"\nscale = [\"bad\", \"good\"]\n";
    scene.folder.write("g.toml", rubric);
    let command =
        ["grade", "items.jsonl", "--rubric", "./g.toml", "--judge", "judge-1", "--then", "strong"];
    let said = scene.run(&command).expect(2).stderr;
    assert!(said.contains("the rubric grades single responses"), "{said}");
    assert_eq!(scene.server.requests(), 0);
    assert!(!scene.folder.path().join("run.db").exists());
    // The file that a command without --run writes is not that of a jury.
    let command = [
        "judge",
        "items.jsonl",
        "--rubric",
        "helpfulness",
        "--judge",
        "judge-1",
        "--then",
        "strong",
    ];
    scene.run(&command).expect(0);
    assert!(scene.folder.path().join("runs/helpfulness-judge-1-then-strong.db").exists());
}

#[test]
fn a_program_that_does_not_know_cascades_refuses_the_file() {
    let scene = scene(1, &[], |seen| seen.prefers("beta"));
    scene.judge(&FLAGS).expect(0);
    scene.judge(&["--run", "single.db"]).expect(0);
    // The format is the number at byte 60 of an SQLite file.
    let format = |name: &str| std::fs::read(scene.folder.path().join(name)).unwrap()[63];
    assert_eq!([format("run.db"), format("single.db")], [2, 1]);
}
