//! Installed models that were damaged, and what of them is fetched again.

use evenhand::models::{ModelState, Pulled, installed};

use super::{Scene, good, weights};
use crate::support::file_server::{FileRequest, FileServer};

/// An installed model, and the server it came from.
async fn installed_scene() -> (Scene, FileServer) {
    let server = FileServer::start(good);
    let mut scene = Scene::new(&server.url());
    scene.pull_well().await;
    (scene, server)
}

fn files(server: &FileServer) -> Vec<String> {
    server.seen().iter().skip(2).map(|request: &FileRequest| request.file().to_owned()).collect()
}

#[tokio::test]
async fn changed_bytes_are_found_only_by_verifying_and_only_their_file_is_fetched() {
    let (mut scene, server) = installed_scene().await;
    let mut other = weights();
    other[150_000] ^= 1;
    std::fs::write(scene.home().join("model.safetensors"), &other).unwrap();
    assert_eq!(scene.pull().await.unwrap(), Pulled::AlreadyThere(scene.home()));
    assert_eq!(files(&server), [] as [&str; 0]);

    scene.options.verify = true;
    assert!(matches!(scene.pull_well().await, Pulled::Installed { .. }));
    assert!(
        scene.events[0].contains("model.safetensors has another checksum"),
        "{:?}",
        scene.events
    );
    assert_eq!(files(&server), ["model.safetensors"]);
}

#[tokio::test]
async fn a_missing_or_shortened_file_is_found_at_once() {
    let (mut scene, server) = installed_scene().await;
    std::fs::remove_file(scene.home().join("config.json")).unwrap();
    let model = scene.manifest.models()[0].clone();
    let ModelState::Damaged(damage) = scene.cache().state(&model) else { panic!() };
    assert!(damage.starts_with("config.json: "), "{damage}");
    scene.pull_well().await;
    std::fs::write(scene.home().join("model.safetensors"), &weights()[..9]).unwrap();
    let damage = "model.safetensors has 9 bytes instead of 300000".to_owned();
    assert_eq!(scene.cache().state(&model), ModelState::Damaged(damage));
    scene.pull_well().await;
    assert_eq!(files(&server), ["config.json", "model.safetensors"]);
}

#[tokio::test]
async fn a_model_of_another_manifest_is_not_taken_for_this_one() {
    let (mut scene, server) = installed_scene().await;
    std::fs::write(scene.home().join("SHA256SUMS"), "of an earlier version\n").unwrap();
    let model = scene.manifest.models()[0].clone();
    assert!(matches!(scene.cache().state(&model), ModelState::Damaged(_)));
    scene.pull_well().await;
    assert_eq!(files(&server), [] as [&str; 0], "the files themselves are the same");
}

#[test]
fn a_model_that_is_not_installed_or_not_known_has_no_path() {
    let folder = crate::support::Folder::new();
    assert_eq!(installed(folder.path(), "all-minilm-l6-v2"), None);
    assert_eq!(installed(folder.path(), "no-such-model"), None);
    std::fs::create_dir(folder.path().join("all-minilm-l6-v2")).unwrap();
    assert_eq!(installed(folder.path(), "all-minilm-l6-v2"), None);
}
