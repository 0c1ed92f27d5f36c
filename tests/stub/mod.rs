//! A server that answers as it is told: for what a real API server cannot be made to do at will.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// A request: its path with the query, and its headers in lower case.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    pub headers: Vec<(String, String)>,
}

impl Request {
    /// A header by its name in lower case.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The path without its query.
    pub fn place(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }
}

/// The status and the body of an answer.
pub type Answer = (u16, Value);

/// A running stub. Its threads end with the test program.
pub struct Stub {
    address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Stub {
    /// Starts one; `answer` is asked for every request, in turn.
    pub fn start(answer: impl FnMut(&Request) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (requests.clone(), Arc::new(Mutex::new(answer)));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (seen.clone(), answer.clone());
                std::thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    seen.lock().unwrap().push(request.clone());
                    let (status, body) = (answer.lock().unwrap())(&request);
                    write(stream, status, &body.to_string());
                });
            }
        });
        Self { address, requests }
    }

    /// A kubeconfig for it, with what stands below `user`.
    pub fn kubeconfig(&self, user: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: stub\nclusters: [{{name: c, cluster: {{server: \"{}\"}}}}]\n\
             users: [{{name: u, user: {{{user}}}}}]\ncontexts: [{{name: stub, context: {{cluster: c, user: u}}}}]\n",
            self.address
        )
    }

    /// What it was asked.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length =
        headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, it)| it.parse().ok());
    reader.take(length.unwrap_or(0)).read_to_end(&mut Vec::new()).ok()?;
    Some(Request { path, headers })
}

fn write(mut stream: TcpStream, status: u16, body: &str) {
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).ok();
}

/// Aggregated discovery of the kinds `group/version/Kind/plural`, an empty group for the core.
pub fn discovery(kinds: &[&str]) -> Value {
    let items = kinds.iter().map(|kind| {
        let parts: Vec<&str> = kind.split('/').collect();
        json!({"metadata": {"name": parts[0]}, "versions": [{"version": parts[1], "freshness": "Current",
            "resources": [{"resource": parts[3], "responseKind": {"kind": parts[2]}, "verbs": ["get", "list"]}]}]})
    });
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items.collect::<Vec<_>>()})
}

/// A page of `ConfigMap`s in the namespace `n`.
pub fn page(names: &[&str], next: Option<&str>) -> Value {
    let items =
        names.iter().map(|name| json!({"metadata": {"name": name, "namespace": "n"}, "data": {"a": "b"}}));
    json!({"kind": "ConfigMapList", "apiVersion": "v1", "metadata": {"continue": next}, "items": items.collect::<Vec<_>>()})
}

/// An error as the API server words it.
pub fn status(code: u16, reason: &str, next: Option<&str>) -> Answer {
    let body = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
        "message": reason, "metadata": {"continue": next}});
    (code, body)
}
