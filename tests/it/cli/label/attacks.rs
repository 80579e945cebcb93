//! Requests that no page of ours sends.

use std::io::Write as _;

use serde_json::json;

use super::started::{Page, Started};
use super::{SYSTEMS, answers, choice, items};
use crate::support::Folder;

fn started() -> (Folder, Started, Page) {
    let folder = items(3);
    let started = Started::new(&folder, &["items.jsonl", "--annotator", "ana"]);
    let page = started.page();
    (folder, started, page)
}

/// The body of a valid answer.
fn answer() -> String {
    json!({ "place": 0, "answer": choice("left") }).to_string()
}

#[test]
fn without_the_token_every_path_looks_the_same() {
    let (folder, started, page) = started();
    let token = page.path.trim_matches('/').to_owned();
    let same = page.ask_at("GET", "/", &[], "").expect(404);
    let almost = format!("{}x", &token[..token.len() - 1]);
    let almost = if almost == token { format!("{}y", &token[..token.len() - 1]) } else { almost };
    let upper = token.to_uppercase();
    let prefix = token[..token.len() - 1].to_owned();
    let encoded = format!("%{:02x}{}", token.as_bytes()[0], &token[1..]);
    let tokens =
        ["", "x", &almost, &upper, &prefix, &encoded, &format!("{token}A"), "..", "%2e%2e", "%00"];
    for wrong in tokens {
        for path in
            ["", "/", "/api/state", "/api/tasks/0", "/api/overview", "/none", "/../etc/passwd"]
        {
            let target = format!("/{wrong}{path}");
            assert_eq!(page.ask_at("GET", &target, &[], ""), same, "{target}");
        }
        let target = format!("/{wrong}/api/answers");
        assert_eq!(page.ask_at("POST", &target, &[], &answer()), same, "{target}");
    }
    assert_eq!(answers(&folder, "ana"), [] as [serde_json::Value; 0]);
    drop(started);
}

#[test]
fn a_token_in_other_places_than_the_path_opens_nothing() {
    let (_folder, _started, page) = started();
    let token = page.path.trim_matches('/').to_owned();
    page.ask_at("GET", &format!("/?token={token}"), &[], "").expect(404);
    page.ask_at("GET", &format!("/x/{token}/api/state"), &[], "").expect(404);
    let cookie = format!("token={token}");
    let bearer = format!("Bearer {token}");
    page.ask_at("GET", "/", &[("Cookie", &cookie), ("Authorization", &bearer)], "").expect(404);
}

#[test]
fn an_annotator_cannot_use_what_is_for_the_owner_or_for_others() {
    let folder = items(4);
    let started = Started::new(&folder, &["items.jsonl", "--annotators", "ana,ben"]);
    let (ana, owner) = (started.page_of("ana"), started.owner());
    ana.get("api/overview").expect(404);
    ana.post("api/numbers", &json!({})).expect(404);
    owner.get("api/state").expect(404);
    owner.get("api/tasks/0").expect(404);
    owner.answer(0, &choice("left")).expect(404);
    ana.get("api/overview/").expect(404);
    assert_eq!(ana.state()["annotator"], "ana");
}

#[test]
fn a_name_that_leads_here_by_dns_is_refused() {
    let (folder, _started, page) = started();
    let port = page.host.rsplit_once(':').unwrap().1.to_owned();
    for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", ""] {
        let host = format!("{host}:{port}");
        let origin = format!("http://{host}");
        let refused = page.ask("GET", "api/state", &[("Host", &host)], "").expect(421);
        assert!(!refused.body.contains("ana"), "{refused:?}");
        let headers = [("Host", &*host), ("Origin", &*origin)];
        page.ask("POST", "api/answers", &headers, &answer()).expect(421);
    }
    page.ask("GET", "api/state", &[("Host", "-")], "").expect(421);
    // The target of a request to a proxy has a host too; the header is what counts.
    let target = format!("http://evil.example:{port}{}api/state", page.path);
    let refused = page.ask_at("GET", &target, &[("Host", &format!("evil.example:{port}"))], "");
    refused.expect(421);
    let host = format!("localhost:{port}");
    page.ask("GET", "api/state", &[("Host", &host)], "").expect(200);
    assert!(answers(&folder, "ana").is_empty());
}

#[test]
fn a_request_from_a_page_of_another_site_changes_nothing() {
    let (folder, _started, page) = started();
    let ours = format!("http://{}", page.host);
    for headers in [
        vec![("Origin", "http://evil.example")],
        vec![("Origin", "null")],
        vec![("Origin", "-")],
        vec![("Origin", "http://127.0.0.1")],
        vec![("Origin", &*ours), ("Sec-Fetch-Site", "cross-site")],
        vec![("Origin", &*ours), ("Sec-Fetch-Site", "same-site")],
        vec![("Origin", &*ours), ("Sec-Fetch-Site", "none")],
    ] {
        page.ask("POST", "api/answers", &headers, &answer()).expect(403);
        page.ask("POST", "api/undo", &headers, r#"{"place":0}"#).expect(403);
    }
    // What a form of another site can send without asking first.
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "-"]
    {
        page.ask("POST", "api/answers", &[("Content-Type", kind)], &answer()).expect(415);
    }
    assert!(answers(&folder, "ana").is_empty());
    page.ask("POST", "api/answers", &[], &answer()).expect(200);
    assert_eq!(answers(&folder, "ana").len(), 1);
}

#[test]
fn no_file_is_served_and_no_path_leads_out() {
    let (folder, _started, page) = started();
    folder.write("api/state.txt", "a file in the working folder");
    let paths = [
        "..",
        "../",
        "../..",
        "../../etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "labels.jsonl",
        "items.jsonl",
        "api/state.txt",
        "api/tasks/../../labels.jsonl",
        "api/tasks/..%2f..%2flabels.jsonl",
        "api/tasks/0/../1",
        "api//state",
        "api/",
        "api",
        ".",
        "./",
        "/etc/passwd",
        "\\..\\labels.jsonl",
        "api/tasks/0%00",
        "api/state%00.html",
        "index.html",
        "favicon.ico",
    ];
    for path in paths {
        let answer = page.get(path);
        assert!([400, 404].contains(&answer.status), "{path}: {answer:?}");
        for text in [SYSTEMS[0], "root:", "a file in"] {
            assert!(!answer.body.contains(text), "{path}: {answer:?}");
        }
    }
}

#[test]
fn places_that_are_not_in_the_form_are_not_found() {
    let (folder, _started, page) = started();
    for place in ["3", "99999999999999999999999", "-1", "1.0", "0x1", "a", "", "%30%30x", " 1"] {
        let answer = page.get(&format!("api/tasks/{place}"));
        assert!([400, 404].contains(&answer.status), "{place}: {answer:?}");
    }
    page.answer(3, &choice("left")).expect(404);
    page.answer(usize::MAX, &choice("left")).expect(404);
    page.post("api/undo", &json!({ "place": 3 })).expect(404);
    page.post("api/undo", &json!({ "place": 0 })).expect(409);
    assert!(answers(&folder, "ana").is_empty());
}

#[test]
fn an_answer_that_no_page_gives_is_refused_with_its_reason() {
    let (folder, _started, page) = started();
    let long = "x".repeat(20_000);
    for answer in [
        json!({}),
        json!({ "choice": "left", "skipped": "unclear" }),
        json!({ "choice": SYSTEMS[0] }),
        json!({ "choice": "middle" }),
        json!({ "choice": ["left"] }),
        json!({ "choice": "left", "seconds": -1 }),
        json!({ "choice": "left", "winner": SYSTEMS[0] }),
        json!({ "choice": "left", "criteria": { "none": "left" } }),
        json!({ "choice": "left", "note": long }),
        json!(null),
        json!([]),
    ] {
        let refused = page.answer(0, &answer).expect(400);
        assert!(refused.json()["error"].is_string(), "{refused:?}");
        assert!(!refused.body.contains("labels.jsonl"), "{refused:?}");
    }
    for body in [
        "",
        "{",
        "null",
        "[]",
        "{\"place\":0}",
        "{\"place\":-1,\"answer\":{\"choice\":\"left\"}}",
        "\u{0}",
    ] {
        page.ask("POST", "api/answers", &[], body).expect(400);
    }
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    page.ask("POST", "api/answers", &[], &deep).expect(400);
    assert!(answers(&folder, "ana").is_empty());
}

#[test]
fn a_huge_request_is_refused_and_others_go_on() {
    let (folder, _started, page) = started();
    let answer = json!({ "choice": "left", "note": "x".repeat(300_000) });
    let refused = page.answer(0, &answer);
    assert!([413, 0].contains(&refused.status), "{refused:?}");
    let header = "x".repeat(100_000);
    let refused = page.ask("GET", "api/state", &[("X-Long", &header)], "");
    assert!([431, 400, 0].contains(&refused.status), "{refused:?}");
    let target = format!("{}api/{}", page.path, "a/".repeat(50_000));
    let refused = page.ask_at("GET", &target, &[], "");
    assert!([414, 431, 400, 0].contains(&refused.status), "{refused:?}");
    // A body without a length, which never ends.
    let mut stream = page.connect();
    let head = format!(
        "POST {}api/answers HTTP/1.1\r\nHost: {}\r\nOrigin: http://{}\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n",
        page.path, page.host, page.host
    );
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    while stream.write_all(chunk.as_bytes()).is_ok() {}
    assert!(answers(&folder, "ana").is_empty());
    page.answer(0, &choice("left")).expect(200);
}

#[test]
fn other_methods_are_refused() {
    let (_folder, _started, page) = started();
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"] {
        let refused = page.ask(method, "api/state", &[], "").expect(405);
        assert!(!refused.headers.contains_key("access-control-allow-origin"), "{refused:?}");
    }
    assert_eq!(page.ask("HEAD", "", &[], "").expect(200).body, "");
    page.get("api/answers").expect(404);
    page.post("api/state", &json!({})).expect(404);
}

#[test]
fn every_answer_forbids_frames_copies_and_guesses() {
    let (_folder, _started, page) = started();
    let answers = [
        page.get("").expect(200),
        page.get("api/state").expect(200),
        page.get("api/tasks/0").expect(200),
        page.get("none").expect(404),
        page.ask_at("GET", "/wrong/", &[], "").expect(404),
        page.ask("PUT", "", &[], "").expect(405),
        page.ask("GET", "", &[("Host", "evil.example")], "").expect(421),
        page.ask("POST", "api/answers", &[("Origin", "null")], "").expect(403),
        page.ask("POST", "api/answers", &[], "{").expect(400),
    ];
    for answer in answers {
        for (name, value) in [
            ("content-security-policy", "frame-ancestors 'none'"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            let found = answer.headers.get(name).map(String::as_str);
            assert_eq!(found, Some(value), "{name}: {answer:?}");
        }
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{answer:?}");
    }
}

#[test]
fn connections_that_send_nothing_or_garbage_hold_up_nobody() {
    let (_folder, _started, page) = started();
    let silent: Vec<_> = (0..150).map(|_| page.connect()).collect();
    for mut stream in (0..50).map(|_| page.connect()) {
        stream.write_all(b"GET / HTTP/1.1\r\nHo").unwrap();
    }
    for bytes in [
        &b"\0\0\0\0"[..],
        b"\x16\x03\x01\x02\x00",
        b"GET\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut stream = page.connect();
        stream.write_all(bytes).unwrap();
    }
    page.answer(0, &choice("left")).expect(200);
    assert_eq!(page.state()["progress"]["answered"], 1);
    drop(silent);
}
