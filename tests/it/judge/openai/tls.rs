//! Endpoints behind TLS: the HTTP version, the number of connections, and trust.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::support::CommandOutput;
use crate::support::server::{Answer, Scene, completion};

/// A certificate authority.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(parameters, key).unwrap())
    }

    /// Returns the settings of a server with these protocols and a certificate of this authority.
    fn server(&self, protocols: &[&str]) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = parameters.signed_by(&key, &self.0).unwrap().der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }
}

/// The connection and the HTTP version of a request.
type ReceivedRequest = (usize, Version);

/// A server that always prefers the first response, and records its requests.
struct Encrypted {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<ReceivedRequest>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Encrypted {
    fn start(config: ServerConfig) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = oneshot::channel();
        let log = Arc::clone(&seen);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = serve(listener, TlsAcceptor::from(Arc::new(config)), log) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, seen, stop: Some(stop), thread: Some(thread) }
    }

    fn seen(&self) -> Vec<ReceivedRequest> {
        self.seen.lock().unwrap().clone()
    }

    fn versions(&self) -> Vec<Version> {
        let mut versions: Vec<Version> = self.seen().iter().map(|(_, version)| *version).collect();
        versions.dedup();
        versions
    }

    /// Returns the number of connections that carried requests.
    fn connections(&self) -> usize {
        self.seen().iter().map(|(connection, _)| connection).collect::<BTreeSet<_>>().len()
    }
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

async fn serve(
    listener: tokio::net::TcpListener,
    tls: TlsAcceptor,
    log: Arc<Mutex<Vec<ReceivedRequest>>>,
) {
    let mut connections = JoinSet::new();
    for number in 0.. {
        let (stream, _) = listener.accept().await.unwrap();
        let (tls, log) = (tls.clone(), Arc::clone(&log));
        connections.spawn(async move {
            // A client that does not trust the certificate aborts the handshake.
            let Ok(stream) = tls.accept(stream).await else { return };
            let service = service_fn(|request: Request<Incoming>| {
                log.lock().unwrap().push((number, request.version()));
                answer(request)
            });
            let builder = Builder::new(TokioExecutor::new());
            let served = builder.serve_connection(TokioIo::new(stream), service).await;
            let _the_client_may_just_leave = served.is_err();
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    request.into_body().collect().await?;
    let verdict = json!({ "reasoning": "It came first.", "criteria": {}, "vote": "first" });
    let body = completion(&verdict.to_string()).to_string();
    Ok(Response::new(Full::new(Bytes::from(body))))
}

/// A scene whose judge is behind TLS.
fn scene(items: usize, server: &Encrypted, max_in_flight: &str) -> Scene {
    let scene = Scene::new(items, |_| Answer::error(500, "nobody asks without TLS"));
    let base_url = format!("\"https://{}/v1\"", server.address);
    scene.settings(&[("base_url", &base_url), ("max_in_flight", max_in_flight)]);
    scene
}

/// Runs `judge`, which trusts only this authority.
fn judge(scene: &Scene, trusted: &Authority) -> CommandOutput {
    let file = scene.folder.write("authority.pem", &trusted.0.pem());
    let mut command = scene.judge_command(&[]);
    command.env("SSL_CERT_FILE", file).env_remove("SSL_CERT_DIR");
    CommandOutput::of(&command.output().unwrap())
}

#[test]
fn http_2_uses_one_connection_per_32_requests_in_flight() {
    let authority = Authority::new("somebody");
    for (max_in_flight, connections) in [("32", 1), ("33", 2), ("128", 4), ("2048", 16)] {
        let server = Encrypted::start(authority.server(&["h2", "http/1.1"]));
        let scene = scene(100, &server, max_in_flight);
        judge(&scene, &authority).expect(0);
        assert_eq!(server.versions(), [Version::HTTP_2]);
        assert_eq!(server.seen().len(), 200);
        assert_eq!(server.connections(), connections, "{max_in_flight} in flight");
        assert_eq!(scene.outcomes(), vec!["flipped"; 100]);
    }
}

#[test]
fn a_server_behind_tls_may_use_http_1() {
    let authority = Authority::new("somebody");
    let server = Encrypted::start(authority.server(&["http/1.1"]));
    let scene = scene(20, &server, "64");
    judge(&scene, &authority).expect(0);
    assert_eq!(server.versions(), [Version::HTTP_11]);
    assert_eq!(scene.outcomes(), vec!["flipped"; 20]);
}

#[test]
fn a_certificate_of_an_unknown_authority_is_an_error_that_names_ssl_cert_file() {
    let server = Encrypted::start(Authority::new("somebody").server(&["h2"]));
    let scene = scene(2, &server, "64");
    let said = judge(&scene, &Authority::new("somebody else")).expect(4);
    let why = "invalid peer certificate: UnknownIssuer";
    assert!(said.stderr.contains(why), "{}", said.stderr);
    assert!(said.stderr.contains("SSL_CERT_FILE"), "{}", said.stderr);
    assert_eq!(scene.outcomes(), ["pending"; 2]);
    assert!(server.seen().is_empty());
}
