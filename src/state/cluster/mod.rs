//! Live state from a cluster: connect, discover, list. Only `get` and `list` are ever asked for.
//!
//! Lists are read in pages and taken in as they arrive, a few kinds at a time. A kind that cannot be listed
//! is a gap, and the run goes on.

mod discovery;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::Status;
use kube::{Client, Config};
use tokio::task::JoinSet;

use self::discovery::{Discovered, Kind};
use super::header::Header;
use super::inventory::Inventory;
use super::json_stream;
use crate::model::Gap;

/// Lists in flight: enough to keep a server busy, few enough to be fair.
const CONCURRENT: usize = 5;

/// Objects per page, as kubectl asks for.
const PAGE: usize = 500;

/// What a request waits before it is tried again, where trying again can help.
const RETRIES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Which cluster.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// A context of the kubeconfig; its current one when `None`.
    pub context: Option<String>,
    /// The kubeconfig, instead of `$KUBECONFIG` and the one in the home folder.
    pub kubeconfig: Option<PathBuf>,
    /// Whether Secrets are left alone.
    pub no_secrets: bool,
    /// The API version that Git writes a kind in, by group and kind: read in it where it is served.
    pub versions: BTreeMap<(String, String), String>,
}

/// Why a cluster could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No cluster is configured, or the configuration is wrong.
    #[error("cannot tell how to reach the cluster: {0}")]
    Config(String),
    /// It does not answer.
    #[error("the cluster {name} does not answer: {reason}")]
    Silent {
        /// Its context.
        name: String,
        /// What went wrong.
        reason: String,
    },
}

/// Reads everything of a cluster that may be listed; also tells its name. `progress` hears of every kind.
///
/// # Errors
/// When it cannot be reached.
pub fn read(
    access: &Access,
    wanted: &dyn Fn(&Header) -> bool,
    progress: &dyn Fn(usize, usize),
) -> Result<(String, Inventory), ClusterError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|problem| ClusterError::Config(problem.to_string()))?;
    runtime.block_on(async {
        let (name, client) = connect(access).await?;
        let discovered = discovery::discover(&client, &access.versions)
            .await
            .map_err(|problem| ClusterError::Silent { name: name.clone(), reason: plain(&problem) })?;
        let mut lister = Lister { client, inventory: Inventory::default(), wanted };
        lister.run(discovered, access, progress).await;
        Ok((name, lister.inventory))
    })
}

async fn connect(access: &Access) -> Result<(String, Client), ClusterError> {
    let wrong = |problem: &dyn std::fmt::Display| ClusterError::Config(problem.to_string());
    let options = KubeConfigOptions { context: access.context.clone(), ..KubeConfigOptions::default() };
    let kubeconfig = match &access.kubeconfig {
        Some(path) => Some(Kubeconfig::read_from(path).map_err(|problem| wrong(&problem))?),
        None => Kubeconfig::read().ok(),
    };
    let (name, mut config) = match kubeconfig {
        Some(kubeconfig) => {
            let current = kubeconfig.current_context.clone();
            let name = access.context.clone().or(current).unwrap_or_else(|| "cluster".to_owned());
            let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
            (name, config.map_err(|problem| wrong(&problem))?)
        }
        // Without a kubeconfig it may run in a pod.
        None if access.context.is_none() => {
            let config = Config::incluster().map_err(|problem| {
                ClusterError::Config(format!(
                    "there is no kubeconfig, and no service account either ({problem})"
                ))
            })?;
            ("in-cluster".to_owned(), config)
        }
        None => {
            return Err(ClusterError::Config(
                "there is no kubeconfig that could hold the context".to_owned(),
            ));
        }
    };
    config.default_retry = false;
    config.read_timeout = Some(TIMEOUT);
    let client = Client::try_from(config).map_err(|problem| wrong(&problem))?;
    Ok((name, client))
}

struct Lister<'w> {
    client: Client,
    inventory: Inventory,
    wanted: &'w dyn Fn(&Header) -> bool,
}

/// A page that was asked for, and what came.
struct Page {
    kind: Kind,
    /// How often the list was begun anew.
    restarts: usize,
    result: kube::Result<String>,
}

impl Lister<'_> {
    async fn run(&mut self, discovered: Discovered, access: &Access, progress: &dyn Fn(usize, usize)) {
        self.inventory.extent.discovered = true;
        self.inventory.extent.broken_groups = discovered.broken_groups;
        self.inventory.gaps.extend(discovered.gaps);
        let (total, mut done) = (discovered.kinds.len(), 0);
        let mut waiting = discovered.kinds.into_iter();
        let mut pages = JoinSet::new();
        loop {
            while pages.len() < CONCURRENT {
                let Some(kind) = waiting.next() else { break };
                if access.no_secrets && kind.name == "Secret" && kind.group.is_empty() {
                    self.broken(&kind, "left out by --no-secrets");
                    continue;
                }
                pages.spawn(page(self.client.clone(), kind, None, 0));
            }
            let Some(arrived) = pages.join_next().await else { break };
            // A task ends early only when the runtime does.
            let Ok(arrived) = arrived else { continue };
            match self.arrived(arrived) {
                Some((kind, next, restarts)) => {
                    pages.spawn(page(self.client.clone(), kind, next, restarts));
                }
                None => {
                    done += 1;
                    progress(done, total);
                }
            }
        }
    }

    /// Takes a page in; tells which one to ask for next.
    fn arrived(&mut self, page: Page) -> Option<(Kind, Option<String>, usize)> {
        let Page { kind, restarts, result } = page;
        let text = match result {
            Ok(text) => text,
            Err(kube::Error::Api(status)) if status.code == 410 && restarts < 2 => {
                // The server may offer to go on, without promising one moment for the whole list.
                return Some((kind, continue_of(&status), restarts + 1));
            }
            Err(problem) => {
                let reason = reason(&problem);
                self.broken(&kind, &reason);
                return None;
            }
        };
        let (inventory, wanted) = (&mut self.inventory, self.wanted);
        let list = json_stream::ListHead {
            api_version: kind.api_version(),
            kind: format!("{}List", kind.name),
            next: None,
        };
        let read =
            json_stream::read(text.as_bytes(), &mut |text, _| inventory.take(text, true, &list, wanted));
        match read {
            Ok(head) => {
                if let Some(next) = head.next {
                    return Some((kind, Some(next), restarts));
                }
                self.inventory.extent.kinds.insert((kind.group, kind.name));
            }
            Err(problem) => self.broken(&kind, &problem.to_string()),
        }
        None
    }

    fn broken(&mut self, kind: &Kind, reason: &str) {
        let subject =
            if kind.group.is_empty() { kind.name.clone() } else { format!("{}.{}", kind.name, kind.group) };
        self.inventory.gaps.push(Gap { subject, reason: format!("not audited: {reason}") });
        self.inventory.extent.broken.insert((kind.group.clone(), kind.name.clone()));
    }
}

async fn page(client: Client, kind: Kind, next: Option<String>, restarts: usize) -> Page {
    let mut path = format!("{}/{}?limit={PAGE}", kind.base(), kind.plural);
    if let Some(next) = &next {
        path.push_str("&continue=");
        path.push_str(&escaped(next));
    }
    let result = get(&client, &path, "application/json").await;
    Page { kind, restarts, result }
}

/// Asks for `path`, again where the server is only busy for a moment.
pub(super) async fn get(client: &Client, path: &str, accept: &str) -> kube::Result<String> {
    let mut retries = RETRIES.iter();
    loop {
        let request = http::Request::get(path)
            .header(http::header::ACCEPT, accept)
            .body(Vec::new())
            .map_err(kube::Error::HttpError)?;
        let answer = client.request_text(request).await;
        let is_passing = match &answer {
            Ok(_) => false,
            Err(kube::Error::Api(status)) => matches!(status.code, 429 | 503 | 504),
            Err(_) => true,
        };
        match retries.next().filter(|_| is_passing) {
            Some(wait) => tokio::time::sleep(*wait).await,
            None => return answer,
        }
    }
}

fn continue_of(status: &Status) -> Option<String> {
    status.metadata.as_ref()?.continue_.clone().filter(|next| !next.is_empty())
}

/// Why a kind could not be listed.
fn reason(problem: &kube::Error) -> String {
    match problem {
        kube::Error::Api(status) => match status.code {
            401 => "the cluster does not know who asks (401)".to_owned(),
            403 => "listing it is forbidden (403); the role needs `list` on it".to_owned(),
            404 => "the kind is gone (404)".to_owned(),
            405 => "it cannot be listed (405)".to_owned(),
            410 => "the list changed faster than it could be read (410)".to_owned(),
            code => format!("its server is unavailable ({code}): {}", status.message),
        },
        other => plain(other),
    }
}

/// The innermost cause, which says most: the client's own messages lead with its types.
fn plain(problem: &kube::Error) -> String {
    let mut cause: &dyn std::error::Error = problem;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// A token as a part of an address.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            let digit = |value: u8| char::from_digit(u32::from(value & 15), 16).unwrap_or('0');
            out.extend(['%', digit(byte >> 4), digit(byte)]);
        }
    }
    out
}
