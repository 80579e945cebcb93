//! The items file is replaced only where nothing of anybody is lost.

use serde_json::json;

use super::scene::{GenerationScene, prompt};
use crate::support::server::Answer;

#[test]
fn a_file_that_was_changed_since_is_not_replaced() {
    let scene = GenerationScene::echoing(2);
    scene.generate(&[]).expect(0);
    let path = scene.folder.path().join("items.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("Question q-002", "Edited by hand")).unwrap();
    let said = scene.generate(&[]).expect(2);
    assert!(
        said.stderr.contains("is not as runs/generate-items.db has written it"),
        "{}",
        said.stderr
    );
    assert!(std::fs::read_to_string(&path).unwrap().contains("Edited by hand"));
    // Written again by itself, it is known again.
    std::fs::write(&path, text).unwrap();
    scene.generate(&[]).expect(0);
    assert_eq!(scene.server.requests(), 4);
}

#[test]
fn an_item_without_a_generated_response_does_not_hide_whose_file_it_is() {
    let scene = GenerationScene::new(2, |seen| match seen.id.as_str() {
        "q-001" => Answer::error(400, "blocked"),
        _ => Answer::says("Fine."),
    });
    let with_responses = |number| {
        let mut item = prompt(number, "");
        item["responses"] = json!({ "x": "One.", "y": "Two." });
        item
    };
    scene.prompts([with_responses(1), with_responses(2)]);
    scene.run(&["--system", "plain", "--to", "items.jsonl"]).expect(0);
    assert!(scene.items()[0].get("generated").is_none());
    scene.run(&["--system", "plain", "--to", "items.jsonl", "--retry-failed"]).expect(0);
}

#[test]
fn systems_and_items_that_are_not_written_again_are_named() {
    let scene = GenerationScene::echoing(3);
    scene.run(&["--system", "plain", "--to", "items.jsonl"]).expect(0);
    let said = scene.run(&["--system", "brief", "--to", "items.jsonl"]).expect(0);
    assert!(
        said.stderr.contains("items.jsonl had responses of plain, which are not written again"),
        "{}",
        said.stderr
    );
    let said = scene.run(&["--system", "brief", "--to", "items.jsonl", "--limit", "1"]).expect(0);
    assert!(said.stderr.contains("items.jsonl had 3 items, and has 1 now"), "{}", said.stderr);
    let said = scene.generate(&[]).expect(0);
    assert!(!said.stderr.contains("items.jsonl had"), "{}", said.stderr);
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_even_to_a_file_that_does_not_exist_yet() {
    let scene = GenerationScene::echoing(1);
    let link = scene.folder.path().join("link.jsonl");
    std::os::unix::fs::symlink("target.jsonl", &link).unwrap();
    for _ in 0..2 {
        scene.run(&["--system", "plain", "--to", "link.jsonl"]).expect(0);
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(scene.items_in("target.jsonl").len(), 1);
    }
}

#[test]
fn files_of_one_name_in_two_folders_have_run_files_of_their_own() {
    let scene = GenerationScene::echoing(1);
    for folder in ["x", "y"] {
        std::fs::create_dir(scene.folder.path().join(folder)).unwrap();
        scene.run(&["--system", "plain", "--to", &format!("{folder}/items.jsonl")]).expect(0);
    }
    for name in ["generate-x-items.db", "generate-y-items.db"] {
        assert!(scene.folder.path().join("runs").join(name).exists(), "{name}");
    }
}

#[test]
fn the_next_command_is_named_only_where_there_is_something_to_compare() {
    let scene = GenerationScene::echoing(1);
    let said = scene.run(&["--system", "plain", "--to", "one.jsonl"]).expect(0);
    assert!(!said.stderr.contains("next:"), "{}", said.stderr);
    let said =
        scene.run(&["--system", "plain", "--system", "brief", "--to", "two items.jsonl"]).expect(0);
    assert!(
        said.stderr.contains("next: evenhand judge 'two items.jsonl' --rubric RUBRIC"),
        "{}",
        said.stderr
    );
}

#[test]
fn hostile_names_and_texts_do_not_reach_the_terminal_as_they_are() {
    let scene = GenerationScene::new(0, |_| Answer::error(400, "no\u{1b}[31m red"));
    scene.prompts([
        json!({ "id": "a\u{1b}[2J", "prompt": "x" }),
        json!({ "id": "b", "prompt": "y" }),
    ]);
    let name = "\"red\\u001b[31m\"";
    scene.settings(&[(name, &[("model", "\"m\"")])]);
    let said = scene.run(&["--system", "red\u{1b}[31m", "--to", "items.jsonl"]).expect(4);
    assert!(!said.stdout.contains('\u{1b}') && !said.stderr.contains('\u{1b}'), "{said:?}");
}

#[test]
fn a_file_that_somebody_writes_while_systems_are_asked_is_not_replaced() {
    let scene = GenerationScene::new(1, |_| Answer::says("Fine.").held());
    let mut child = scene
        .command(&["--system", "plain", "--to", "items.jsonl"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    scene.server.wait_for(1);
    scene.folder.write("items.jsonl", "precious\n");
    scene.server.release_held();
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2), "{said}");
    assert!(said.contains("every answer is in runs/generate-items.db"), "{said}");
    let text = std::fs::read_to_string(scene.folder.path().join("items.jsonl")).unwrap();
    assert_eq!(text, "precious\n");
}

#[cfg(unix)]
#[test]
fn two_samples_are_not_written_to_one_file() {
    let scene = GenerationScene::echoing(1);
    std::os::unix::fs::symlink("s.jsonl", scene.folder.path().join("s.2.jsonl")).unwrap();
    let said = scene.run(&["--system", "plain", "--to", "s.jsonl", "--samples", "2"]).expect(2);
    assert!(said.stderr.contains("s.jsonl and s.2.jsonl are the same file"), "{}", said.stderr);
}

#[test]
fn a_project_that_was_moved_knows_its_files() {
    let scene = GenerationScene::echoing(2);
    for folder in ["one", "two"] {
        std::fs::create_dir(scene.folder.path().join(folder)).unwrap();
    }
    let to = |folder: &str| format!("{folder}/items.jsonl");
    let run = ["--system", "plain", "--run", "all.db", "--to"];
    scene.run(&[&run[..], &[&to("one")]].concat()).expect(0);
    std::fs::rename(scene.folder.path().join(to("one")), scene.folder.path().join(to("two")))
        .unwrap();
    scene.run(&[&run[..], &[&to("two")]].concat()).expect(0);
    assert_eq!(scene.server.requests(), 2);
}

#[test]
fn a_file_of_a_further_sample_that_stays_is_named() {
    let scene = GenerationScene::echoing(1);
    scene.run(&["--system", "plain", "--to", "s.jsonl", "--samples", "2"]).expect(0);
    let said = scene.run(&["--system", "plain", "--to", "s.jsonl"]).expect(0);
    assert!(
        said.stderr.contains("s.2.jsonl is of an earlier command with more samples"),
        "{}",
        said.stderr
    );
}
