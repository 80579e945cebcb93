//! A server of files, by a script that may also send what no HTTP library would let a test send.

use std::io::BufReader;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use axum::http::HeaderMap;

use super::GENEROUS_TIMEOUT;
use super::raw_server::{Step, head, play, request};

/// A request for a file as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct FileRequest {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// The number of earlier requests, of any path.
    pub(crate) before: usize,
}

impl FileRequest {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The byte at which the answer is to begin; `None` if the whole file is asked for.
    pub(crate) fn range(&self) -> Option<usize> {
        let range = self.header("range")?.strip_prefix("bytes=").unwrap();
        Some(range.strip_suffix('-').unwrap().parse().unwrap())
    }

    pub(crate) fn file(&self) -> &str {
        self.path.rsplit('/').next().unwrap()
    }
}

/// A whole file, or the part of it that is asked for, with these header lines.
pub(crate) fn file_answer(request: &FileRequest, file: &[u8], headers: &[&str]) -> Vec<Step> {
    let from = request.range().unwrap_or(0);
    let length = format!("content-length: {}", file.len() - from);
    let range = format!("content-range: bytes {from}-{}/{}", file.len() - 1, file.len());
    let (status, lines) = match request.range() {
        None => ("200 OK", vec![length.as_str()]),
        Some(_) => ("206 Partial Content", vec![length.as_str(), range.as_str()]),
    };
    let mut bytes = head(status, &[&lines[..], headers].concat());
    bytes.extend_from_slice(&file[from..]);
    vec![Step::Send(bytes)]
}

/// An answer without a file.
pub(crate) fn refusal(status: &str, headers: &[&str]) -> Vec<Step> {
    vec![Step::Send(head(status, &[&["content-length: 0"][..], headers].concat()))]
}

type Script = dyn Fn(&FileRequest) -> Vec<Step> + Send + Sync;

/// A server on its own port; it accepts no more connections once the value is dropped.
pub(crate) struct FileServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    seen: Mutex<Vec<FileRequest>>,
    arrived: Condvar,
    stop: AtomicBool,
}

impl FileServer {
    pub(crate) fn start(
        script: impl Fn(&FileRequest) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let (listening, script) = (Arc::clone(&shared), Arc::new(script));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if listening.stop.load(Ordering::SeqCst) {
                    return;
                }
                let (shared, script) = (Arc::clone(&listening), Arc::clone(&script));
                // It ends when the client disconnects, at the latest with the test.
                std::thread::spawn(move || converse(&stream.unwrap(), &shared, &*script));
            }
        });
        Self { address, shared, thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request so far, in the order of arrival.
    pub(crate) fn seen(&self) -> Vec<FileRequest> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Waits until that many requests have arrived.
    pub(crate) fn wait_for(&self, requests: usize) {
        let seen = self.shared.seen.lock().unwrap();
        let too_few = |seen: &mut Vec<FileRequest>| seen.len() < requests;
        let (seen, timeout) =
            self.shared.arrived.wait_timeout_while(seen, GENEROUS_TIMEOUT, too_few).unwrap();
        assert!(!timeout.timed_out(), "only {} of {requests} requests came", seen.len());
    }
}

impl Drop for FileServer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Reads requests and plays the script for each, until the client disconnects, as some scripts make it do.
fn converse(stream: &TcpStream, shared: &Shared, script: &Script) {
    let mut reader = BufReader::new(stream);
    while let Ok(Some((path, headers, _))) = request(&mut reader) {
        let mut seen = shared.seen.lock().unwrap();
        let request = FileRequest { path, headers, before: seen.len() };
        seen.push(request.clone());
        drop(seen);
        shared.arrived.notify_all();
        for step in script(&request) {
            if play(stream, step).is_err() {
                return;
            }
        }
    }
}
