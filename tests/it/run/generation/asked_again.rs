//! Only what has changed is asked again.

use super::scene::{GenerationScene, prompt};

const LATER: &str = "prompt, template, parameters or server have changed";

fn asked(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(model, text)| ((*model).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn the_same_command_asks_nothing_and_writes_the_same_items() {
    let scene = GenerationScene::echoing(4);
    scene.generate(&[]).expect(0);
    let before = scene.items();
    let said = scene.generate(&[]).expect(0);
    assert_eq!((scene.server.requests(), scene.items()), (8, before));
    assert!(
        said.stderr.contains("8 responses stored already in runs/generate-items.db"),
        "{}",
        said.stderr
    );
    assert!(!said.stderr.contains(LATER), "{}", said.stderr);
}

#[test]
fn a_further_system_is_asked_alone_and_one_that_is_left_out_is_not_forgotten() {
    let scene = GenerationScene::echoing(2);
    scene.run(&["--system", "plain", "--to", "items.jsonl"]).expect(0);
    scene.generate(&[]).expect(0);
    assert_eq!(
        scene.asked_since(2),
        asked(&[("model-of-brief", "Question q-001"), ("model-of-brief", "Question q-002")])
    );
    scene.run(&["--system", "brief", "--to", "items.jsonl"]).expect(0);
    assert!(scene.items()[0]["responses"].get("plain").is_none());
    scene.generate(&[]).expect(0);
    assert_eq!(scene.server.requests(), 4);
}

#[test]
fn a_changed_prompt_asks_every_system_for_that_item_only() {
    let scene = GenerationScene::echoing(3);
    scene.generate(&[]).expect(0);
    scene.prompts([prompt(1, ""), prompt(2, "again"), prompt(3, "")]);
    let said = scene.generate(&[]).expect(0);
    assert_eq!(
        scene.asked_since(6),
        asked(&[
            ("model-of-brief", "Question q-002 again"),
            ("model-of-plain", "Question q-002 again")
        ])
    );
    for system in ["plain", "brief"] {
        let note = format!("{system}: {LATER}; 1 response to be asked again");
        assert!(said.stderr.contains(&note), "{}", said.stderr);
    }
    assert_eq!(scene.items()[1]["prompt"], "Question q-002 again");
    // The replies to the earlier text are still there.
    scene.prompts((1..=3).map(|number| prompt(number, "")));
    scene.generate(&[]).expect(0);
    assert_eq!(scene.server.requests(), 8);
    assert_eq!(scene.items()[1]["responses"]["plain"], "model-of-plain | user: Question q-002");
}

#[test]
fn a_changed_template_or_parameter_asks_that_system_for_all() {
    let scene = GenerationScene::echoing(2);
    scene.generate(&[]).expect(0);
    scene.folder.write("prompts/brief.j2", "{% block system %}Be very brief.{% endblock %}\n");
    let said = scene.generate(&[]).expect(0);
    assert!(
        said.stderr.contains(&format!("brief: {LATER}; 2 responses to be asked again")),
        "{}",
        said.stderr
    );
    let again = scene.asked_since(4);
    assert!(
        again.len() == 2 && again.iter().all(|(model, _)| model == "model-of-brief"),
        "{again:?}"
    );

    scene.generate(&["--set", "systems.plain.temperature = 0.3"]).expect(0);
    let again = scene.asked_since(6);
    assert!(
        again.len() == 2 && again.iter().all(|(model, _)| model == "model-of-plain"),
        "{again:?}"
    );

    // Neither a price nor a rate decides what is asked.
    let price = "systems.plain.price = { input_per_million = 1, output_per_million = 1 }";
    let set = [
        "--set",
        "systems.plain.temperature = 0.3",
        "--set",
        price,
        "--set",
        "systems.plain.timeout_s = 9",
    ];
    scene.generate(&set).expect(0);
    assert_eq!(scene.server.requests(), 8);
}

#[test]
fn prompts_are_reordered_removed_and_added_without_asking_again() {
    let scene = GenerationScene::echoing(3);
    scene.generate(&[]).expect(0);
    scene.prompts([prompt(4, ""), prompt(3, ""), prompt(1, "")]);
    scene.generate(&[]).expect(0);
    let ids: Vec<_> = scene.items().into_iter().map(|item| item["id"].clone()).collect();
    assert_eq!(ids, ["q-004", "q-003", "q-001"], "in the order of the prompts");
    assert_eq!(scene.server.requests(), 8, "only the new prompt is asked");
}

#[test]
fn another_server_is_asked_again_and_a_replica_of_it_is_not() {
    let scene = GenerationScene::echoing(2);
    scene.run(&["--system", "plain", "--to", "items.jsonl"]).expect(0);
    let other = crate::support::server::Server::start(|_| {
        crate::support::server::Answer::says("From elsewhere.")
    });
    let first = format!("systems.plain.base_url = {:?}", scene.server.base_url());
    let second = format!("systems.plain.base_url = {:?}", other.base_url());
    let both = format!(
        "systems.plain.base_urls = [{:?}, {:?}]",
        scene.server.base_url(),
        other.base_url()
    );
    let run = |setting: &str, code| {
        scene.run(&["--system", "plain", "--to", "items.jsonl", "--set", setting]).expect(code)
    };
    let said = run(&second, 0);
    assert!(
        said.stderr.contains(&format!("plain: {LATER}; 2 responses to be asked again")),
        "{}",
        said.stderr
    );
    assert_eq!(scene.items()[0]["responses"]["plain"], "From elsewhere.");
    // Each server keeps its replies.
    run(&first, 0);
    assert_eq!(scene.items()[0]["responses"]["plain"], "model-of-plain | user: Question q-001");
    assert_eq!((scene.server.requests(), other.requests()), (2, 2));
    // A fleet is the same system as long as one of its servers is.
    scene.folder.write(
        "evenhand.toml",
        &format!(
            "[systems.plain]\nmodel = \"model-of-plain\"\nmax_attempts = 2\n{}\n",
            both.replace("systems.plain.", "")
        ),
    );
    let said = scene.run(&["--system", "plain", "--to", "items.jsonl"]).expect(0);
    assert_eq!((scene.server.requests(), other.requests()), (2, 2), "{}", said.stderr);
    // The fleet does not make the replies of one server those of the other.
    scene.settings(&[("plain", &[])]);
    run(&second, 0);
    assert_eq!(scene.items()[0]["responses"]["plain"], "From elsewhere.");
    run(&first, 0);
    assert_eq!(scene.items()[0]["responses"]["plain"], "model-of-plain | user: Question q-001");
    assert_eq!((scene.server.requests(), other.requests()), (2, 2));
}

#[test]
fn what_is_final_is_not_said_to_be_asked_again() {
    let scene = GenerationScene::echoing(2);
    scene.generate(&[]).expect(0);
    scene.server.now(|_| crate::support::server::Answer::error(400, "blocked"));
    scene.prompts([prompt(1, "again"), prompt(2, "")]);
    scene.generate(&[]).expect(0);
    let said = scene.generate(&[]).expect(0);
    assert!(!said.stderr.contains(LATER), "{}", said.stderr);
}
