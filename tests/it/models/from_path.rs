//! Models from files that are already on this machine.

use evenhand::ErrorKind;
use evenhand::models::{PullSource, Pulled};

use super::{CONFIG, REVISION, Scene, weights, whole};

/// No server listens here.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A scene with a folder `mine` that has these files, from which the model is to come.
fn scene_with(files: &[(&str, &[u8])]) -> Scene {
    let mut scene = Scene::new(NOWHERE);
    let mine = scene.folder.path().join("mine");
    std::fs::create_dir(&mine).unwrap();
    for (name, bytes) in files {
        std::fs::write(mine.join(name), bytes).unwrap();
    }
    scene.options.from = Some(mine);
    scene
}

async fn error_of(mut scene: Scene) -> String {
    let error = scene.pull().await.unwrap_err();
    scene.assert_not_installed();
    assert_eq!(error.kind(), ErrorKind::Input);
    whole(&error)
}

#[tokio::test]
async fn a_folder_with_the_files_is_copied_and_stays_as_it_is() {
    let weights = weights();
    let mut scene = scene_with(&[
        ("config.json", CONFIG),
        ("model.safetensors", &weights),
        ("README.md", b"not of the model"),
    ]);
    let mine = scene.folder.path().join("mine");
    let source = PullSource::Path(mine.clone());
    assert_eq!(scene.pull_well().await, Pulled::Installed { path: scene.home(), source });
    assert_eq!(super::names(&mine), ["README.md", "config.json", "model.safetensors"]);
    // A copy: a change of the original is none of the model.
    std::fs::write(mine.join("config.json"), b"changed").unwrap();
    scene.assert_installed();
}

#[tokio::test]
async fn all_missing_files_are_named_at_once() {
    let text = error_of(scene_with(&[("README.md", b"")])).await;
    assert!(text.contains("mine has no config.json, model.safetensors"), "{text}");
}

#[tokio::test]
async fn a_file_with_another_size_or_other_bytes_is_named_with_what_was_expected() {
    let text =
        error_of(scene_with(&[("config.json", CONFIG), ("model.safetensors", b"short")])).await;
    assert!(text.contains("model.safetensors has 5 bytes; model.safetensors has 300000"), "{text}");
    let mut other = weights();
    other[0] ^= 1;
    let text =
        error_of(scene_with(&[("config.json", CONFIG), ("model.safetensors", &other)])).await;
    assert!(text.contains("is not the model.safetensors that the manifest names"), "{text}");
    assert!(text.contains("expected SHA-256 a002acc5"), "{text}");
}

#[tokio::test]
async fn a_path_that_is_not_there_and_a_file_for_a_folder_are_errors() {
    let mut scene = Scene::new(NOWHERE);
    scene.options.from = Some(scene.folder.path().join("nothing"));
    assert!(error_of(scene).await.contains("nothing: No such file"));
    let mut scene = Scene::new(NOWHERE);
    scene.options.from = Some(scene.folder.write("weights.bin", "x"));
    let text = error_of(scene).await;
    assert!(text.contains("hint: name a folder with config.json, model.safetensors"), "{text}");
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_and_a_pipe_is_not_read() {
    let mut scene = scene_with(&[("real-config", CONFIG), ("model.safetensors", &weights())]);
    let mine = scene.folder.path().join("mine");
    std::os::unix::fs::symlink("real-config", mine.join("config.json")).unwrap();
    scene.pull_well().await;
    assert!(!scene.home().join("config.json").is_symlink());

    let scene = scene_with(&[("config.json", CONFIG)]);
    let pipe = scene.folder.path().join("mine/model.safetensors");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    let text = error_of(scene).await;
    assert!(text.contains("model.safetensors is not a file"), "{text}");
}

#[tokio::test]
async fn the_file_of_a_language_model_may_have_any_name_and_its_path_is_the_file() {
    let manifest = format!(
        r#"
[[models]]
name = "small"
kind = "gguf"
purpose = "tests"
licence = "MIT"
[models.hub]
repository = "owner/small"
revision = "{REVISION}"
[[models.files]]
name = "small.Q4.gguf"
size = 300000
sha256 = "a002acc5c8f1ca710a8734705658f739816b67ae94d44d6f552a5b3b08ae3634"
"#
    );
    let mut scene = Scene::of(&manifest, NOWHERE);
    let mine = scene.folder.path().join("download (1).bin");
    std::fs::write(&mine, weights()).unwrap();
    scene.options.from = Some(mine.clone());
    let path = scene.cache().folder().join("small/small.Q4.gguf");
    let source = PullSource::Path(mine);
    assert_eq!(scene.pull().await.unwrap(), Pulled::Installed { path: path.clone(), source });
    assert_eq!(std::fs::read(path).unwrap(), weights());
}
