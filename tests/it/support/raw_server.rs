//! A server that sends arbitrary bytes, which no HTTP library would let a test send.

use std::io::{BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::support::server::{Log, ReceivedRequest, Scene, completion};

/// A step of the server after it has read a request. After the last step it reads the next request.
pub(crate) enum Step {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes one by one, with so much time between them.
    Drip(Vec<u8>, Duration),
    /// Sends these bytes repeatedly until the client disconnects.
    Repeat(Vec<u8>),
    /// Waits.
    Pause(Duration),
    /// Sends nothing more until the client disconnects.
    Hold,
    /// Closes the connection, which is how an answer of unknown length ends.
    Close,
    /// Resets the connection.
    Reset,
}

type Script = dyn Fn(&ReceivedRequest) -> Vec<Step> + Send + Sync;

/// A server on its own port; it accepts no more connections once the value is dropped.
pub(crate) struct RawServer {
    address: SocketAddr,
    traffic: Arc<Traffic>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Traffic {
    log: Mutex<Log>,
    connections: AtomicUsize,
    stop: AtomicBool,
}

impl RawServer {
    pub(crate) fn start(
        script: impl Fn(&ReceivedRequest) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let traffic = Arc::new(Traffic::default());
        let (listening, script) = (Arc::clone(&traffic), Arc::new(script));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if listening.stop.load(Ordering::SeqCst) {
                    return;
                }
                listening.connections.fetch_add(1, Ordering::SeqCst);
                let (traffic, script) = (Arc::clone(&listening), Arc::clone(&script));
                // It ends when the client disconnects, at the latest with the program under test.
                std::thread::spawn(move || converse(&stream.unwrap(), &traffic, &*script));
            }
        });
        Self { address, traffic, thread: Some(thread) }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub(crate) fn requests(&self) -> usize {
        self.traffic.log.lock().unwrap().seen.len()
    }

    pub(crate) fn connections(&self) -> usize {
        self.traffic.connections.load(Ordering::SeqCst)
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.traffic.stop.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Reads requests and plays the script for each, until the client disconnects, as some scripts make it do.
fn converse(stream: &TcpStream, traffic: &Traffic, script: &Script) {
    let mut reader = BufReader::new(stream);
    while let Ok(Some((path, headers, body))) = request(&mut reader) {
        let seen = traffic.log.lock().unwrap().remember(&path, headers, &body);
        for step in script(&seen) {
            if play(stream, step).is_err() {
                return;
            }
        }
    }
}

pub(super) fn play(mut stream: &TcpStream, step: Step) -> std::io::Result<()> {
    let over = || Err(std::io::ErrorKind::NotConnected.into());
    match step {
        Step::Send(bytes) => stream.write_all(&bytes),
        Step::Drip(bytes, between) => bytes.iter().try_for_each(|byte| {
            std::thread::sleep(between);
            stream.write_all(&[*byte])
        }),
        Step::Repeat(bytes) => loop {
            stream.write_all(&bytes)?;
        },
        Step::Pause(duration) => {
            std::thread::sleep(duration);
            Ok(())
        }
        Step::Hold => {
            std::io::copy(&mut stream, &mut std::io::sink())?;
            over()
        }
        Step::Close => {
            stream.shutdown(Shutdown::Both)?;
            over()
        }
        Step::Reset => {
            socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO))?;
            over()
        }
    }
}

pub(super) type Request = (String, HeaderMap, Vec<u8>);

/// Reads one request; `None` if the client has disconnected.
pub(super) fn request(reader: &mut impl std::io::BufRead) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = HeaderMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, HeaderValue::from_str(value.trim()).unwrap());
    }
    let length =
        headers.get("content-length").map_or(0, |length| length.to_str().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((path, headers, body)))
}

/// A completion that prefers `beta`, as JSON.
pub(crate) fn good_body(seen: &ReceivedRequest) -> Vec<u8> {
    completion(&seen.verdict("beta")).to_string().into_bytes()
}

/// The head of an answer with these header lines, up to and with the empty line.
pub(crate) fn head(status: &str, headers: &[&str]) -> Vec<u8> {
    let lines: Vec<String> = headers.iter().map(|line| format!("{line}\r\n")).collect();
    format!("HTTP/1.1 {status}\r\n{}\r\n", lines.concat()).into_bytes()
}

/// A whole answer with its length.
pub(crate) fn whole(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let length = format!("content-length: {}", body.len());
    let mut bytes = head(status, &[&["content-type: application/json", &length], headers].concat());
    bytes.extend_from_slice(body);
    bytes
}

/// A completion that prefers `beta`, as a whole answer.
pub(crate) fn good(seen: &ReceivedRequest) -> Vec<u8> {
    whole("200 OK", &[], &good_body(seen))
}

/// A scene whose judge asks the server that plays the script, with some settings changed.
pub(crate) fn scene(
    items: usize,
    changes: &[(&str, &str)],
    script: impl Fn(&ReceivedRequest) -> Vec<Step> + Send + Sync + 'static,
) -> (Scene, RawServer) {
    let scene =
        Scene::new(items, |_| crate::support::server::Answer::status(418, "nobody asks here"));
    let raw = RawServer::start(script);
    let base_url = format!("{:?}", raw.base_url());
    scene.settings(&[&[("base_url", base_url.as_str())], changes].concat());
    (scene, raw)
}
