//! AWS for the length of a test: moto, and what server.py plays before it.

#![allow(dead_code, reason = "each test program uses its part")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::Value;

use crate::live;

/// The account of the credentials that [`Aws`] gives.
pub const ACCOUNT: &str = "123456789012";

/// A Python that has moto: `TRUEUP_MOTO`, or what `tests/moto.sh` has installed; `None` where there is neither
/// and none is required.
pub fn python() -> Option<PathBuf> {
    let installed = || {
        let folders = fs::read_dir("target/moto").ok()?;
        let complete =
            folders.filter_map(Result::ok).map(|it| it.path()).find(|it| it.join("complete").exists());
        complete.and_then(|folder| std::path::absolute(folder.join("bin/python")).ok())
    };
    let found = std::env::var_os("TRUEUP_MOTO").map(PathBuf::from).or_else(installed);
    live::or_skip(found, "no moto; tests/moto.sh installs it")
}

/// A running server. It ends with the value.
pub struct Aws {
    server: Child,
    /// The server ends when this does.
    _life: ChildStdin,
    port: u16,
    folder: tempfile::TempDir,
}

impl Drop for Aws {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

impl Aws {
    /// Starts a server with nothing in it; `None` where there is no moto.
    pub fn start() -> Option<Self> {
        let python = python()?;
        let mut server = Command::new(&python)
            .arg("tests/aws_support/server.py")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("server.py prints its port");
        let stdin = server.stdin.take().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let aws = Self { server, _life: stdin, port, folder };
        aws.write_config("test");
        Some(aws)
    }

    fn write_config(&self, key: &str) {
        let text = format!(
            "[default]\nregion = us-east-1\naws_access_key_id = {key}\naws_secret_access_key = test\n\
             endpoint_url = {}\n",
            self.endpoint()
        );
        fs::write(self.config_file(), text).unwrap();
    }

    /// Where the server listens.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A file of profiles whose default one leads to the server.
    pub fn config_file(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// What a program needs in its environment to find the server.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_CONFIG_FILE", self.config_file().display().to_string()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
        ]
    }

    /// Runs a Python script that has boto3's clients as `client(service, region="us-east-1", account=None)`, and
    /// `json`; gives what it prints.
    pub fn python(&self, script: &str) -> String {
        self.direct("/_run", script)
    }

    /// Starts recording all types, those of IAM included.
    pub fn record(&self, region: &str) {
        self.record_group(region, "{'allSupported': True, 'includeGlobalResourceTypes': True}");
    }

    /// Starts recording what a `recordingGroup`, a Python expression, says.
    pub fn record_group(&self, region: &str, group: &str) {
        self.python(&format!(
            "config = client('config', '{region}')
recorder = {{'name': 'default', 'roleARN': 'arn:aws:iam::{ACCOUNT}:role/config', 'recordingGroup': {group}}}
config.put_configuration_recorder(ConfigurationRecorder=recorder)
client('s3').create_bucket(Bucket='config-files')
config.put_delivery_channel(DeliveryChannel={{'name': 'default', 's3BucketName': 'config-files'}})
config.start_configuration_recorder(ConfigurationRecorderName='default')
client('s3').delete_bucket(Bucket='config-files')"
        ));
    }

    /// Creates a stack from the text of a template; gives its id.
    pub fn deploy(&self, region: &str, name: &str, template: &str) -> String {
        let file = self.folder.path().join(format!("{name}.template"));
        fs::write(&file, template).unwrap();
        let script = format!(
            "cloudformation = client('cloudformation', '{region}')
body = open({:?}).read()
print(cloudformation.create_stack(StackName='{name}', TemplateBody=body, Capabilities=['CAPABILITY_NAMED_IAM'])['StackId'])",
            file.display().to_string()
        );
        self.python(&script).trim().to_owned()
    }

    /// Plays faults: see server.py.
    pub fn play(&self, scripts: &Value) {
        self.direct("/_play", &scripts.to_string());
    }

    /// Lets every page hold no more than `size`.
    pub fn pages_of(&self, size: u32) {
        self.direct("/_pages", &size.to_string());
    }

    /// Sets up what an aggregator gathers: `accounts`, `regions`, and pairs of both that `failed`.
    pub fn aggregate(&self, what: &Value) {
        self.direct("/_aggregate", &what.to_string());
    }

    /// Every request that trueup sent, in order: operation, service, region, status.
    pub fn log(&self) -> Vec<Value> {
        let all: Vec<Value> = serde_json::from_str(&self.direct("/_log", "")).unwrap();
        all.into_iter()
            .filter(|it| it["agent"].as_str().is_some_and(|agent| agent.contains("app/trueup")))
            .collect()
    }

    /// How often trueup asked for an operation.
    pub fn asked(&self, operation: &str) -> usize {
        self.log().iter().filter(|request| request["operation"] == operation).count()
    }

    fn direct(&self, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!("POST {path} HTTP/1.0\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(" 200 "), "{path}: {body}");
        body.to_owned()
    }

    /// Where a script may keep files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}
