//! Runs that cannot be merged, and shards that are missing.

use super::{judge_shards, merge, verdicts};
use crate::support::CommandOutput;
use crate::support::server::{Answer, Scene};

#[test]
fn a_run_with_another_identity_is_refused_and_leaves_the_merged_run_unchanged() {
    let scene = Scene::new(4, |seen| seen.prefers("beta"));
    let runs = judge_shards(&scene, 2, &[]);
    let items = std::fs::read_to_string(scene.folder.path().join("items.jsonl")).unwrap();
    scene.judge(&["--seed", "1", "--run", "seed.db"]).expect(0);
    scene.judge(&["--rubric", "instruction-following", "--run", "rubric.db"]).expect(0);
    scene.judge(&["--baseline", "alpha", "--run", "alpha.db"]).expect(0);
    scene.judge(&["--baseline", "beta", "--run", "beta.db"]).expect(0);
    scene.folder.write("items.jsonl", &items.replace("ALPHA on q-003", "ALPHA, changed, on q-003"));
    scene.judge(&["--run", "text.db"]).expect(0);
    scene.folder.write("items.jsonl", &items);
    scene.settings(&[("model", "\"another\"")]);
    scene.judge(&["--run", "model.db"]).expect(0);
    scene.settings(&[]);
    let two = scene.judge_table("judge-1", &[]) + &scene.judge_table("judge-2", &[]);
    scene.folder.write("evenhand.toml", &two);
    scene.judge(&["--judge", "judge-1", "--judge", "judge-2", "--run", "jury.db"]).expect(0);
    scene.settings(&[]);

    merge(&scene, &runs, "merged.db").expect(0);
    let before = verdicts(&scene, "merged.db");
    for (other, field) in [
        ("seed.db", "seed differs"),
        ("rubric.db", "rubric.name differs"),
        ("model.db", "judges.judge-1.model differs"),
        ("jury.db", "judge differs"),
        ("text.db", "responses.alpha of item q-003"),
    ] {
        for (runs, into) in [
            (vec![&runs[0], &runs[1], other], "new/merged.db"),
            (vec![other, &runs[1], &runs[0]], "new/merged.db"),
            (vec![other], "merged.db"),
            (vec![&runs[0], other], "merged.db"),
        ] {
            let said = merge(&scene, &runs, into).expect(7);
            assert!(said.stderr.contains(field), "{runs:?}: {}", said.stderr);
            assert!(said.stderr.contains("hint: "), "{runs:?}: {}", said.stderr);
            assert!(said.stderr.contains(".db: "), "{runs:?}: {}", said.stderr);
        }
        assert!(!scene.folder.path().join("new").exists(), "{other}");
        assert_eq!(verdicts(&scene, "merged.db"), before, "{other}");
    }
    let said = merge(&scene, &["alpha.db", "beta.db"], "new/merged.db").expect(7);
    assert!(said.stderr.contains("baseline differs"), "{}", said.stderr);
    let names = std::fs::read_dir(scene.folder.path()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut beside: Vec<String> = names.filter(|name| name.starts_with("merged.db")).collect();
    beside.sort();
    assert_eq!(beside, ["merged.db"], "nothing is left beside it");
    // A file that SQLite would write a log beside could not be read in a read-only folder.
    let bytes = std::fs::read(scene.folder.path().join("merged.db")).unwrap();
    assert_eq!(bytes[18..20], [1, 1], "it is a single ordinary file still");
}

#[test]
fn a_run_without_replies_does_not_hide_a_different_rubric() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    scene.judge(&["--run", "helpful.db"]).expect(0);
    scene.judge(&["--rubric", "instruction-following", "--run", "factual.db"]).expect(0);
    scene.server.now(|_| Answer::error(401, "Incorrect API key provided"));
    scene.judge(&["--rubric", "instruction-following", "--run", "nothing.db"]).expect(4);
    merge(&scene, &["helpful.db"], "merged.db").expect(0);
    let before = verdicts(&scene, "merged.db");
    let said = merge(&scene, &["nothing.db", "factual.db"], "merged.db").expect(7);
    assert!(said.stderr.contains("rubric.name differs"), "{}", said.stderr);
    assert_eq!(verdicts(&scene, "merged.db"), before);
}

#[test]
fn an_impossible_merge_is_refused_before_anything_is_written() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    scene.judge(&["--run", "one.db"]).expect(0);
    scene.folder.write("diary.db", &"A diary. ".repeat(100));
    scene.folder.write("empty.db", "");
    for (runs, code, says) in [
        (&["one.db", "none.db"][..], 3, "none.db: there is no such run file"),
        (&["diary.db", "one.db"], 3, "diary.db: this is not a run file"),
        (&["empty.db"], 3, "empty.db: "),
        (&["one.db", "./merged.db"], 3, "merged.db: there is no such run file"),
        (&[], 2, "RUN"),
    ] {
        let said = merge(&scene, runs, "merged.db").expect(code);
        assert!(said.stderr.contains(says), "{runs:?}: {}", said.stderr);
        assert!(!scene.folder.path().join("merged.db").exists(), "{runs:?}");
    }
    scene.run(&["merge", "one.db"]).expect(2);
    let before = verdicts(&scene, "one.db");
    #[cfg(unix)]
    std::os::unix::fs::symlink("one.db", scene.folder.path().join("same.db")).unwrap();
    for same in if cfg!(unix) { &["one.db", "./one.db", "same.db"][..] } else { &["one.db"] } {
        let said = merge(&scene, &["one.db"], same).expect(2);
        assert!(said.stderr.contains("given both as RUN and as --run"), "{}", said.stderr);
    }
    let said = merge(&scene, &["one.db"], "diary.db").expect(3);
    assert!(said.stderr.contains("diary.db: this is not a run file"), "{}", said.stderr);
    let diary = std::fs::read_to_string(scene.folder.path().join("diary.db")).unwrap();
    assert_eq!(diary, "A diary. ".repeat(100));
    assert_eq!(verdicts(&scene, "one.db"), before);
    merge(&scene, &["one.db"], "empty.db").expect(0);
    assert_eq!(verdicts(&scene, "empty.db"), before, "an empty file is a run not begun yet");
}

#[test]
fn a_run_being_written_can_be_a_source_and_not_the_target_of_a_merge() {
    let scene = Scene::new(6, |seen| match seen.id.as_str() {
        "q-001" => seen.prefers("beta"),
        _ => seen.prefers("beta").held(),
    });
    scene.settings(&[("max_in_flight", "2")]);
    let judging = scene.judge_started(&[]);
    scene.server.wait_for(4);
    merge(&scene, &["run.db"], "merged.db").expect(0);
    let said = merge(&scene, &["merged.db"], "run.db").expect(7);
    assert!(said.stderr.contains("another process is writing this run"), "{}", said.stderr);
    scene.server.release_held();
    CommandOutput::of(&judging.wait_with_output().unwrap()).expect(0);
    merge(&scene, &["run.db"], "merged.db").expect(0);
    assert_eq!(verdicts(&scene, "merged.db"), verdicts(&scene, "run.db"));
    assert_eq!(scene.server.requests(), 12);
}

#[test]
fn a_missing_shard_has_a_warning_with_a_count() {
    let scene = Scene::new(40, |seen| seen.prefers("beta"));
    let coin = ["--judge", "builtin:first"];
    let runs = judge_shards(&scene, 4, &coin);
    let of = |run: &str| scene.run(&["verdicts", run, "--all"]).expect(0).json_lines().len();
    for missing in 0..4 {
        let mut there = runs.clone();
        let missing = there.remove(missing);
        let into = format!("without-{missing}");
        let said = merge(&scene, &there, &into).expect(0);
        let count = of(&missing);
        assert!(count > 0 && of(&into) == 40 - count);
        let warned = format!("{count} comparisons of the plan are in none of these runs");
        assert!(said.stderr.contains(&warned), "{missing}: {}", said.stderr);
        let said = merge(&scene, &[&missing], &into).expect(0);
        assert!(!said.stderr.contains("warning"), "{missing}: {}", said.stderr);
    }
}
