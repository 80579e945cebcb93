//! Servers that refuse, or send something else than the file: what is said, and that nothing is installed.

use evenhand::ErrorKind;

use super::{REVISION, Scene, good, ranges, weights, weights_by, whole};
use crate::support::file_server::{FileRequest, FileServer, refusal};
use crate::support::raw_server::{Step, head};
use crate::support::server::ClosedPort;

/// The error of a pull whose weights are answered by a script; the model is not installed, and of the weights no more
/// than their size is on the disk.
async fn error_of(
    script: impl Fn(&FileRequest) -> Vec<Step> + Send + Sync + 'static,
) -> (String, ErrorKind, Scene) {
    let server = weights_by(script);
    let mut scene = Scene::new(&server.url());
    let error = scene.pull().await.unwrap_err();
    scene.assert_not_installed();
    let kept = std::fs::metadata(scene.part()).map_or(0, |part| part.len());
    assert!(kept <= 300_000, "{kept}");
    let text = whole(&error).replace(&server.url(), "SERVER");
    (text, error.kind(), scene)
}

fn with_body(status: &str, headers: &[&str], body: &[u8]) -> Vec<Step> {
    let mut bytes = head(status, headers);
    bytes.extend_from_slice(body);
    vec![Step::Send(bytes), Step::Close]
}

#[tokio::test]
async fn refusals_say_the_address_the_status_and_the_reason_of_the_hub() {
    let file = format!("SERVER/owner/tiny/resolve/{REVISION}/model.safetensors");
    for (status, header, parts) in [
        (
            "404 Not Found",
            "x-error-message: Entry not found",
            ["HTTP 404: Entry not found", "has no such file"],
        ),
        (
            "401 Unauthorized",
            "x-error-message: Invalid username or password.",
            ["HTTP 401: Invalid username or password.", "only to those it knows"],
        ),
        ("403 Forbidden", "x-other: 1", ["HTTP 403", "only to those it knows"]),
        ("410 Gone", "x-other: 1", ["HTTP 410", &file]),
    ] {
        let (text, kind, scene) = error_of(move |_| refusal(status, &[header])).await;
        for part in parts.into_iter().chain([file.as_str()]) {
            assert!(text.contains(part), "no `{part}` in: {text}");
        }
        assert_eq!(kind, ErrorKind::Endpoint, "{text}");
        let page = format!("https://huggingface.co/owner/tiny/tree/{REVISION}");
        assert!(text.contains(&page), "{text}");
        assert!(
            !scene.events.iter().any(|event| event.contains("TriesAgain")),
            "{:?}",
            scene.events
        );
    }
}

#[tokio::test]
async fn an_html_page_in_place_of_the_file_is_called_so() {
    let page = b"<!doctype html><title>Log in to this network</title>";
    let (text, kind, _) =
        error_of(|_| with_body("200 OK", &["content-type: text/html; charset=utf-8"], page)).await;
    assert!(text.contains("an HTML page instead of the file"), "{text}");
    assert_eq!(kind, ErrorKind::Endpoint);
}

#[tokio::test]
async fn a_file_of_another_size_is_refused_before_it_is_read() {
    let (text, kind, scene) =
        error_of(|_| with_body("200 OK", &["content-length: 400000"], &vec![1; 400_000])).await;
    assert!(text.contains("has 400000 bytes instead of 300000"), "{text}");
    assert_eq!(kind, ErrorKind::Endpoint);
    assert_eq!(std::fs::metadata(scene.part()).unwrap().len(), 0);
}

#[tokio::test]
async fn no_more_than_the_size_is_written_of_an_answer_without_an_end() {
    let (text, kind, _) = error_of(|_| {
        vec![Step::Send(head("200 OK", &["connection: close"])), Step::Repeat(vec![1; 65_536])]
    })
    .await;
    assert!(text.contains("sends more than the 300000 bytes of the file"), "{text}");
    assert_eq!(kind, ErrorKind::Endpoint);
}

#[tokio::test]
async fn an_answer_that_ends_early_is_incomplete() {
    let (text, kind, _) = error_of(|request| match request.range() {
        None => with_body("200 OK", &["connection: close"], &weights()[..1234]),
        Some(_) => refusal("500 Internal Server Error", &[]),
    })
    .await;
    assert!(text.contains("1234 of 300000 bytes were fetched"), "{text}");
    assert_eq!(kind, ErrorKind::Incomplete);
}

#[tokio::test]
async fn other_bytes_of_the_same_size_are_refused_with_both_checksums_and_removed() {
    let mut other = weights();
    other[299_999] ^= 1;
    let (text, kind, scene) =
        error_of(move |_| with_body("200 OK", &["content-length: 300000"], &other)).await;
    assert!(text.contains("is not the one that the manifest names"), "{text}");
    let expected =
        "expected SHA-256 a002acc5c8f1ca710a8734705658f739816b67ae94d44d6f552a5b3b08ae3634";
    assert!(text.contains(expected) && text.contains("found    SHA-256 "), "{text}");
    assert_eq!(kind, ErrorKind::Endpoint);
    assert!(!scene.part().exists(), "a retry would only find the same bytes");
}

#[tokio::test]
async fn a_server_that_never_gives_the_rest_ends() {
    // Each answer to a request for the rest is one for another range, and each whole file is cut.
    let server = weights_by(|request| match request.range() {
        Some(_) => with_body("206 Partial Content", &["content-range: bytes 5-6/7"], b"xx"),
        None => with_body("200 OK", &["content-length: 300000"], &weights()[..1000]),
    });
    let mut scene = Scene::new(&server.url());
    let error = scene.pull().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Endpoint, "{}", whole(&error));
    assert!(ranges(&server).len() < 20, "{:?}", ranges(&server));
    scene.assert_not_installed();
}

#[tokio::test]
async fn a_server_that_sends_nothing_is_given_up() {
    let server =
        weights_by(|_| vec![Step::Send(head("200 OK", &["content-length: 300000"])), Step::Hold]);
    let mut scene = Scene::new(&server.url());
    scene.options.hub.read_timeout = std::time::Duration::from_millis(200);
    let error = scene.pull().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Endpoint, "{}", whole(&error));
}

#[tokio::test]
async fn a_redirect_from_this_machine_to_another_without_https_is_not_followed() {
    for location in
        ["http://192.0.2.1/model.safetensors?key=secret", "ftp://127.0.0.1/x", "file:///etc/passwd"]
    {
        let header = format!("location: {location}");
        let (text, kind, _) = error_of(move |_| refusal("302 Found", &[&header])).await;
        assert!(text.contains("which does not use HTTPS"), "{text}");
        assert!(!text.contains("secret"), "{text}");
        assert_eq!(kind, ErrorKind::Endpoint);
    }
}

#[tokio::test]
async fn redirects_without_an_end_or_an_address_are_errors() {
    let (text, ..) =
        error_of(|request| refusal("302 Found", &[&format!("location: {}", request.path)])).await;
    assert!(text.contains("more than 5 redirects"), "{text}");
    let (text, ..) = error_of(|_| refusal("302 Found", &[])).await;
    assert!(text.contains("redirects to no address"), "{text}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_not_waited_for() {
    let port = ClosedPort::new();
    let mut scene = Scene::new(&format!("http://ana:secret@127.0.0.1:{}", port.number()));
    let error = scene.pull().await.unwrap_err();
    let text = whole(&error);
    assert!(text.contains("cannot connect to 127.0.0.1"), "{text}");
    assert!(!text.contains("secret") && !scene.events.concat().contains("secret"), "{text}");
    assert_eq!(error.kind(), ErrorKind::Endpoint);
    assert!(!scene.events.concat().contains("TriesAgain"), "{:?}", scene.events);
}

#[tokio::test]
async fn a_file_that_a_server_compresses_unasked_is_refused() {
    let server = FileServer::start(|request| {
        match request.file() {
        "config.json" => with_body(
            "200 OK",
            &["content-encoding: gzip", "content-length: 22"],
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
        ),
        _ => good(request),
    }
    });
    let mut scene = Scene::new(&server.url());
    let error = scene.pull().await.unwrap_err();
    assert!(error.to_string().contains("is not the one that the manifest names"), "{error}");
}
