//! A server that plays bytes: what no HTTP library would let a test send.

use std::io::{BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::support::server::{Log, Scene, Seen, completion};

/// What the server does once it has read a request. After the last step it reads the next one.
pub(crate) enum Step {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes one by one, with so much time between them.
    Drip(Vec<u8>, Duration),
    /// Sends these bytes again and again until the client hangs up.
    Repeat(Vec<u8>),
    /// Waits.
    Pause(Duration),
    /// Says nothing more until the client hangs up.
    Hold,
    /// Closes the connection, which is how an answer of unknown length ends.
    Close,
    /// Resets the connection: whatever comes later meets a closed port.
    Reset,
}

type Script = dyn Fn(&Seen) -> Vec<Step> + Send + Sync;

/// A server on a port of its own; it takes no more connections when the value ends.
pub(crate) struct Raw {
    address: SocketAddr,
    heard: Arc<Heard>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Heard {
    log: Mutex<Log>,
    connections: AtomicUsize,
    stop: AtomicBool,
}

impl Raw {
    pub(crate) fn start(script: impl Fn(&Seen) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Heard::default());
        let (listening, script) = (Arc::clone(&heard), Arc::new(script));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if listening.stop.load(Ordering::SeqCst) {
                    return;
                }
                listening.connections.fetch_add(1, Ordering::SeqCst);
                let (heard, script) = (Arc::clone(&listening), Arc::clone(&script));
                // It ends when the client hangs up, at the latest with the program under test.
                std::thread::spawn(move || converse(&stream.unwrap(), &heard, &*script));
            }
        });
        Self { address, heard, thread: Some(thread) }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub(crate) fn requests(&self) -> usize {
        self.heard.log.lock().unwrap().seen.len()
    }

    pub(crate) fn connections(&self) -> usize {
        self.heard.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.heard.stop.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Reads requests and plays the script for each. A client that hangs up ends it: that is what some of the
/// scripts are for.
fn converse(stream: &TcpStream, heard: &Heard, script: &Script) {
    let mut reader = BufReader::new(stream);
    while let Ok(Some((path, headers, body))) = request(&mut reader) {
        let seen = heard.log.lock().unwrap().remember(&path, headers, &body);
        for step in script(&seen) {
            if play(stream, step).is_err() {
                return;
            }
        }
    }
}

fn play(mut stream: &TcpStream, step: Step) -> std::io::Result<()> {
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

type Request = (String, HeaderMap, Vec<u8>);

/// Reads one request; `None` where the client has hung up between two.
fn request(reader: &mut impl std::io::BufRead) -> std::io::Result<Option<Request>> {
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
    let length = headers["content-length"].to_str().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((path, headers, body)))
}

/// A completion that prefers `beta`, as JSON.
pub(crate) fn good_body(seen: &Seen) -> Vec<u8> {
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
pub(crate) fn good(seen: &Seen) -> Vec<u8> {
    whole("200 OK", &[], &good_body(seen))
}

/// A scene whose judge asks the server that plays the script, with some settings changed.
pub(crate) fn scene(
    items: usize,
    changes: &[(&str, &str)],
    script: impl Fn(&Seen) -> Vec<Step> + Send + Sync + 'static,
) -> (Scene, Raw) {
    let scene =
        Scene::new(items, |_| crate::support::server::Answer::status(418, "nobody asks here"));
    let raw = Raw::start(script);
    let base_url = format!("{:?}", raw.base_url());
    scene.settings(&[&[("base_url", base_url.as_str())], changes].concat());
    (scene, raw)
}
