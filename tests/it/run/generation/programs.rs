//! A program of the user as a system.

#![cfg(unix)]

use super::scene::GenerationScene;

/// Answers with the last message in capitals, and says the id in the reply.
const PROGRAM: &str = r#"
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    text = request["messages"][-1]["content"].upper()
    print(json.dumps({"id": request["id"], "reply": text}), flush=True)
"#;

#[test]
fn a_program_responds_to_prompts() {
    let scene = GenerationScene::echoing(3);
    scene.folder.write("respond.py", PROGRAM);
    scene.folder.write("evenhand.toml", "[systems.own]\ncommand = \"python3 respond.py\"\n");
    scene.run(&["--system", "own", "--to", "items.jsonl"]).expect(0);
    assert_eq!(scene.items()[2]["responses"]["own"], "QUESTION Q-003");
    // Another command may be another model.
    scene.folder.write("evenhand.toml", "[systems.own]\ncommand = \"python3 -u respond.py\"\n");
    let said = scene.run(&["--system", "own", "--to", "items.jsonl"]).expect(0);
    assert!(said.stderr.contains("3 responses to be asked again"), "{}", said.stderr);
}
