//! What `--dry-run` shows before anything is paid.

use serde_json::json;

use super::scene::{GenerationScene, prompt};

#[test]
fn a_dry_run_shows_the_plan_and_sends_nothing() {
    let scene = GenerationScene::echoing(4);
    let price = "{ input_per_million = 1.0, output_per_million = 10.0 }";
    scene.settings(&[("plain", &[("price", price), ("max_tokens", "50")])]);
    let flags = ["--system", "plain", "--to", "items.jsonl", "--dry-run"];
    let said = scene.run(&flags).expect(0);
    for part in [
        "── user ── item q-001, system plain\nQuestion q-001\n",
        "plan: 4 prompts, 1 system\n",
        "  requests  4 (4 responses: 0 stored already)\n",
        "at most 600 out",
    ] {
        assert!(said.stdout.contains(part), "{}", said.stdout);
    }
    assert!(said.stderr.contains("nothing was sent"), "{}", said.stderr);
    assert_eq!(scene.server.requests(), 0);
    assert!(!scene.folder.path().join("runs").exists());

    scene.run(&["--system", "plain", "--to", "items.jsonl"]).expect(0);
    scene.prompts([prompt(1, ""), prompt(2, ""), prompt(3, "again"), prompt(4, ""), prompt(5, "")]);
    let flags = [&flags[..], &["--format", "json", "--samples", "2"]].concat();
    let plan = scene.run(&flags).expect(0).json_lines().remove(0);
    let system = &plan["systems"][0];
    assert_eq!([&plan["prompts"], &plan["samples"]], [5, 2]);
    // Three prompts are as they were and have one of two samples, one has changed, one is new.
    assert_eq!(
        [&system["responses"], &system["stored"], &system["asked_again"], &system["requests"]],
        [10, 3, 1, 7]
    );
    // A reply that is broken off is asked again twice.
    assert_eq!(system["max_completion_tokens"], 7 * 50 * 3);
    assert_eq!(system["request"]["max_tokens"], json!(50));
    // Seven replies of 50 tokens, and prompts of at most 14 + 16 and 20 + 16 tokens.
    let most = system["max_cost_usd"].as_f64().unwrap();
    let replies = 3.0 * 7.0 * 50.0 * 10.0 / 1e6;
    assert!(most > replies && most < replies + 3.0 * 7.0 * 36.0 / 1e6, "{most}");
    assert_eq!(scene.server.requests(), 4);
}
