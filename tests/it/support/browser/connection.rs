//! The `DevTools` protocol over a WebSocket: commands with their answers, and the events in between.

use std::net::TcpStream;

use serde_json::{Value, json};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Message, WebSocket};

use super::faults::Observer;
use crate::support::GENEROUS_TIMEOUT;

/// A connection to a browser, with a session for its page.
pub(super) struct Connection {
    socket: WebSocket<TcpStream>,
    /// The session of the page; `None` while there is only the browser.
    session: Option<String>,
    next: u64,
}

impl Connection {
    /// Connects to a browser and to its empty page.
    pub(super) fn open(address: &str, observer: &mut Observer) -> Self {
        let host = address.strip_prefix("ws://").unwrap().split('/').next().unwrap();
        let stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(GENEROUS_TIMEOUT)).unwrap();
        stream.set_nodelay(true).unwrap();
        // Pictures of long pages are large.
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let (socket, _) =
            tungstenite::client::client_with_config(address, stream, Some(config)).unwrap();
        let mut connection = Self { socket, session: None, next: 0 };
        let targets = connection.call("Target.getTargets", json!({}), observer);
        let is_page = |target: &&Value| target["type"] == "page";
        let page = targets["targetInfos"].as_array().unwrap().iter().find(is_page).unwrap();
        let attach = json!({ "targetId": page["targetId"], "flatten": true });
        let attached = connection.call("Target.attachToTarget", attach, observer);
        observer.watch_other_targets_than(page["targetId"].as_str().unwrap());
        connection.call("Target.setDiscoverTargets", json!({ "discover": true }), observer);
        connection.session = attached["sessionId"].as_str().map(ToOwned::to_owned);
        connection
    }

    /// Sends a command and returns its result.
    pub(super) fn call(
        &mut self,
        method: &str,
        parameters: Value,
        observer: &mut Observer,
    ) -> Value {
        let id = self.send(method, parameters);
        loop {
            let mut message = self.receive(observer);
            if message["id"] == id {
                let error = message.get("error");
                assert!(error.is_none(), "{method}: {}", error.unwrap());
                return message["result"].take();
            }
        }
    }

    /// Receives one message, and shows it to the observer.
    pub(super) fn receive(&mut self, observer: &mut Observer) -> Value {
        loop {
            // Whatever else it sends is no text: pings, which the socket answers.
            if let Message::Text(text) = self.socket.read().unwrap() {
                let message: Value = serde_json::from_str(&text).unwrap();
                for (method, parameters) in observer.observe(&message) {
                    self.send(method, parameters);
                }
                return message;
            }
        }
    }

    fn send(&mut self, method: &str, parameters: Value) -> u64 {
        self.next += 1;
        let mut command = json!({ "id": self.next, "method": method });
        command["params"] = parameters;
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(command.to_string())).unwrap();
        self.next
    }
}
