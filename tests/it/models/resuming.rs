//! Downloads that are cut, stopped or continued by a server that does not do as it should.

use evenhand::ErrorKind;
use evenhand::models::{ModelState, PullEvent, PullSource, Pulled};

use super::{ETAG, Scene, good, ranges, weights, weights_by, whole};
use crate::support::file_server::{FileRequest, FileServer, file_answer, refusal};
use crate::support::raw_server::{Step, head};

/// The head of a whole file and its first bytes, after which the connection breaks.
fn cut_after(bytes: usize) -> Vec<Step> {
    let mut sent = head("200 OK", &["content-length: 300000", ETAG]);
    sent.extend_from_slice(&weights()[..bytes]);
    vec![Step::Send(sent), Step::Close]
}

/// Leaves a part of the weights as an interrupted process does, with the tag of its version.
fn leave_part(scene: &Scene, bytes: &[u8], etag: Option<&str>) {
    std::fs::create_dir_all(scene.part().parent().unwrap()).unwrap();
    std::fs::write(scene.part(), bytes).unwrap();
    if let Some(etag) = etag {
        std::fs::write(scene.part().with_extension("etag"), etag).unwrap();
    }
}

#[tokio::test]
async fn a_cut_connection_is_resumed_where_it_was_cut() {
    let server = weights_by(|request| match request.range() {
        None => cut_after(100_000),
        Some(100_000) => {
            assert_eq!(request.header("if-range"), Some("\"one\""));
            good(request)
        }
        other => panic!("{other:?}"),
    });
    let mut scene = Scene::new(&server.url());
    scene.pull_well().await;
    assert_eq!(ranges(&server), [None, Some(100_000)]);
    assert!(scene.events.iter().any(|event| event.starts_with("TriesAgain")), "{:?}", scene.events);
}

#[tokio::test]
async fn a_connection_that_is_cut_again_and_again_goes_on_as_long_as_there_is_progress() {
    let server = weights_by(|request| {
        let from = request.range().unwrap_or(0);
        let (length, range) =
            (300_000 - from, format!("content-range: bytes {from}-299999/300000"));
        let length = format!("content-length: {length}");
        let status = if from == 0 { "200 OK" } else { "206 Partial Content" };
        let mut sent = head(status, &[&length, &range, ETAG]);
        sent.extend_from_slice(&weights()[from..(from + 50_000).min(300_000)]);
        vec![Step::Send(sent), Step::Close]
    });
    let mut scene = Scene::new(&server.url());
    scene.options.hub.tries = 2;
    scene.pull_well().await;
    let fifty = |times: usize| Some(50_000 * times);
    assert_eq!(ranges(&server), [None, fifty(1), fifty(2), fifty(3), fifty(4), fifty(5)]);
}

#[tokio::test]
async fn without_progress_it_is_incomplete_and_the_next_pull_resumes() {
    let server = weights_by(|request| match (request.range(), request.before) {
        (None, _) => cut_after(100_000),
        (Some(_), before) if before < 4 => vec![Step::Close],
        (Some(_), _) => good(request),
    });
    let mut scene = Scene::new(&server.url());
    let error = scene.pull().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incomplete, "{}", whole(&error));
    assert!(error.to_string().contains("model.safetensors: 100000 of 300000 bytes"), "{error}");
    assert!(whole(&error).contains("resumes"), "{}", whole(&error));
    scene.assert_not_installed();
    assert_eq!(
        scene.cache().state(&scene.manifest.models()[0]),
        ModelState::Partial(100_022),
        "the configuration and the part are kept"
    );
    scene.pull_well().await;
    assert_eq!(ranges(&server), [None, Some(100_000), Some(100_000), Some(100_000)]);
    let configs = server.seen().iter().filter(|request| request.file() == "config.json").count();
    assert_eq!(configs, 1, "a complete file is not asked for again");
    assert!(scene.events.iter().any(|event| event.contains("Resumes")), "{:?}", scene.events);
}

#[tokio::test]
async fn a_server_that_ignores_the_range_gives_the_whole_file_again() {
    let server = weights_by(|request| {
        let whole = FileRequest { headers: axum::http::HeaderMap::new(), ..request.clone() };
        file_answer(&whole, &weights(), &[ETAG])
    });
    let mut scene = Scene::new(&server.url());
    leave_part(&scene, &weights()[..70_000], None);
    scene.pull_well().await;
    assert_eq!(ranges(&server), [Some(70_000)]);
}

/// A part of 70,000 bytes of version "one" is there, and the server answers a request for the rest by a script.
async fn started_again_after(script: impl Fn(&FileRequest) -> Vec<Step> + Send + Sync + 'static) {
    let server = weights_by(move |request| match request.range() {
        Some(_) => script(request),
        None => file_answer(request, &weights(), &[]),
    });
    let mut scene = Scene::new(&server.url());
    leave_part(&scene, &weights()[..70_000], Some("\"one\""));
    scene.pull_well().await;
    assert_eq!(ranges(&server), [Some(70_000), None]);
    assert!(scene.events.iter().any(|event| event.contains("StartsAgain")), "{:?}", scene.events);
}

#[tokio::test]
async fn a_part_of_another_version_is_not_continued() {
    started_again_after(|request| file_answer(request, &weights(), &["etag: \"two\""])).await;
}

#[tokio::test]
async fn a_range_that_was_not_asked_for_is_not_written() {
    for range in ["0-299999/300000", "70001-299999/300000", "70000-299999/400000", "nonsense"] {
        started_again_after(move |_| {
            let range = format!("content-range: bytes {range}");
            vec![
                Step::Send(head("206 Partial Content", &[&range, "content-length: 5"])),
                Step::Close,
            ]
        })
        .await;
    }
}

#[tokio::test]
async fn a_range_that_the_server_does_not_have_starts_again() {
    started_again_after(|_| refusal("416 Range Not Satisfiable", &[])).await;
}

#[tokio::test]
async fn a_part_with_wrong_bytes_is_found_out_by_its_checksum_and_fetched_again() {
    let server = weights_by(good);
    let mut scene = Scene::new(&server.url());
    leave_part(&scene, &vec![7; 70_000], Some("\"one\""));
    scene.pull_well().await;
    assert_eq!(ranges(&server), [Some(70_000), None]);
}

#[tokio::test]
async fn a_part_that_is_too_long_is_fetched_again_and_a_whole_one_is_only_hashed() {
    let server = weights_by(good);
    let mut scene = Scene::new(&server.url());
    leave_part(&scene, &vec![7; 300_001], None);
    scene.pull_well().await;
    assert_eq!(ranges(&server), [None]);

    let server = weights_by(|_| panic!("nothing is missing"));
    let mut scene = Scene::new(&server.url());
    leave_part(&scene, &weights(), None);
    scene.pull_well().await;
}

#[tokio::test]
async fn complete_files_of_an_interrupted_pull_are_hashed_again() {
    let server = FileServer::start(good);
    let mut scene = Scene::new(&server.url());
    let partial = scene.part().parent().unwrap().to_owned();
    std::fs::create_dir_all(&partial).unwrap();
    std::fs::write(partial.join("config.json"), b"{\"model_type\":\"evil\"}\n").unwrap();
    std::fs::write(partial.join("model.safetensors"), weights()).unwrap();
    std::fs::write(partial.join("leftover"), b"from another version").unwrap();
    scene.pull_well().await;
    assert_eq!(server.seen().len(), 1, "only the file with wrong bytes");

    let mut scene = Scene::new("http://127.0.0.1:9");
    let partial = scene.part().parent().unwrap().to_owned();
    std::fs::create_dir_all(&partial).unwrap();
    std::fs::write(partial.join("config.json"), super::CONFIG).unwrap();
    std::fs::write(partial.join("model.safetensors"), weights()).unwrap();
    let pulled = scene.pull_well().await;
    assert_eq!(pulled, Pulled::Installed { path: scene.home(), source: PullSource::Earlier });
}

#[tokio::test]
async fn a_cancelled_pull_keeps_its_part() {
    let server = weights_by(|request| match request.range() {
        None => {
            let mut steps = cut_after(100_000);
            steps.truncate(1);
            steps.push(Step::Hold);
            steps
        }
        Some(_) => good(request),
    });
    let mut scene = Scene::new(&server.url());
    let cancel = scene.cancel.clone();
    let pulled = scene.pull_watched(|event| {
        if matches!(event, PullEvent::Progress { done: 100_022, .. }) {
            cancel.cancel();
        }
    });
    assert_eq!(pulled.await.unwrap(), Pulled::Cancelled);
    scene.assert_not_installed();
    assert_eq!(std::fs::metadata(scene.part()).unwrap().len(), 100_000);
    scene.cancel = tokio_util::sync::CancellationToken::new();
    scene.pull_well().await;
    assert_eq!(ranges(&server), [None, Some(100_000)]);
}

#[tokio::test]
async fn an_overloaded_server_is_asked_again() {
    let server = weights_by(|request| match request.before {
        1 => refusal("503 Service Unavailable", &[]),
        2 => refusal("429 Too Many Requests", &[]),
        _ => good(request),
    });
    Scene::new(&server.url()).pull_well().await;
    assert_eq!(ranges(&server).len(), 3);
}
