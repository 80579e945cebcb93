//! Files for annotators in place of a server.

use super::items;

#[test]
fn each_annotator_gets_a_file_of_their_own() {
    let folder = items(4);
    let arguments =
        ["label", "items.jsonl", "--annotators", "ana,ben", "--export", "out/page.html"];
    std::fs::create_dir(folder.path().join("out")).unwrap();
    let said = folder.run(&arguments).expect(0);
    assert!(said.stderr.contains("evenhand labels merge items.jsonl FILE"), "{}", said.stderr);
    for name in ["ana", "ben"] {
        let page =
            std::fs::read_to_string(folder.path().join(format!("out/page-{name}.html"))).unwrap();
        assert!(page.contains(name) && page.contains("Prompt 0?"), "{page}");
        for secret in super::SYSTEMS.into_iter().chain(["wombat"]) {
            assert!(!page.contains(secret), "the page of {name} has {secret}");
        }
    }
}
