//! An Envoy of our own: free ports, loopback only, stopped when it is done with.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use shiftsim::export::envoy::{self, Export, Settings};
use shiftsim::export::to_yaml;
use shiftsim::routing::{RouteTable, Source};

use crate::client;

/// Enough for the listeners and upstreams of any configuration.
const PORTS: usize = 24;
/// A port may be taken between choosing and using it.
const ATTEMPTS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);

pub struct Envoy {
    process: Running,
    export: Export,
    folder: tempfile::TempDir,
}

/// What the proxy and its upstreams logged.
pub struct Logs {
    pub proxy: String,
    pub upstreams: String,
}

/// Is stopped whatever happens.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Envoy {
    /// Starts an Envoy with these routes, and waits until it is ready.
    pub fn start(binary: &Path, table: &RouteTable) -> Self {
        (0..ATTEMPTS)
            .find_map(|_| Self::try_start(binary, table))
            .expect("Envoy becomes ready")
    }

    fn try_start(binary: &Path, table: &RouteTable) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let log = |name: &str| Some(folder.path().join(name).to_str().unwrap().to_owned());
        let settings = Settings {
            proxy: Source::default(),
            access_log: log("proxy.log"),
            upstream_log: log("upstreams.log"),
        };
        let export = envoy::export(table, &settings, free_ports()).unwrap();
        let file = folder.path().join("envoy.yaml");
        fs::write(&file, to_yaml(&export.bootstrap)).unwrap();
        let errors = fs::File::create(folder.path().join("stderr")).unwrap();
        let child = Command::new(binary)
            .arg("--config-path")
            .arg(&file)
            .args(["--disable-hot-restart", "--concurrency", "1"])
            .args([
                "--log-level",
                "warning",
                "--file-flush-interval-msec",
                "200",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()
            .unwrap();
        let mut envoy = Self {
            process: Running(child),
            export,
            folder,
        };
        envoy.wait_until_ready().then_some(envoy)
    }

    /// False if it ended instead; why is printed.
    fn wait_until_ready(&mut self) -> bool {
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            if self.process.0.try_wait().unwrap().is_some() {
                let errors = self.folder.path().join("stderr");
                println!("{}", fs::read_to_string(errors).unwrap());
                return false;
            }
            if client::ask_admin(self.export.admin_port, "GET", "/ready").is_some_and(|s| s == 200)
            {
                return true;
            }
            thread::sleep(PAUSE);
        }
        false
    }

    pub fn http_port(&self) -> u16 {
        self.port("http")
    }

    pub fn tcp_port(&self) -> u16 {
        self.port("tcp")
    }

    fn port(&self, protocol: &str) -> u16 {
        let mut entries = self.export.entries.iter();
        entries
            .find(|entry| entry.protocol == protocol)
            .unwrap()
            .port
    }

    /// Stops it in good order, so that its logs are complete.
    pub fn stop(mut self) -> Logs {
        // Copies to mirrors may still be on their way.
        thread::sleep(Duration::from_millis(300));
        client::ask_admin(self.export.admin_port, "POST", "/quitquitquit");
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            if self.process.0.try_wait().unwrap().is_some() {
                break;
            }
            thread::sleep(PAUSE);
        }
        let read = |name: &str| fs::read_to_string(self.folder.path().join(name));
        Logs {
            proxy: read("proxy.log").unwrap(),
            // Without an upstream nobody writes it.
            upstreams: read("upstreams.log").unwrap_or_default(),
        }
    }
}

/// What Envoy finds wrong with the routes of that proxy; nothing is started.
pub fn validate(binary: &Path, table: &RouteTable, proxy: Source) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        proxy,
        access_log: Some("/dev/stdout".into()),
        upstream_log: None,
    };
    let export = envoy::export(table, &settings, 10_000..).unwrap();
    let file = folder.path().join("envoy.yaml");
    fs::write(&file, to_yaml(&export.bootstrap)).unwrap();
    let output = Command::new(binary)
        .args(["--mode", "validate", "--config-path"])
        .arg(&file)
        .output()
        .unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    (!output.status.success()).then_some(errors)
}

/// Ports that nobody listens on.
fn free_ports() -> Vec<u16> {
    let bind = |_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    // All at once, so that they differ.
    let listeners: Vec<TcpListener> = (0..PORTS).map(bind).collect();
    let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
    listeners.iter().map(port).collect()
}

/// The version that a binary states.
pub fn version(binary: &Path) -> String {
    let output = Command::new(binary).arg("--version").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    // envoy  version: <commit>/<version>/<tree>/<build>/<TLS library>
    text.split('/')
        .find(|part| part.starts_with("1."))
        .unwrap()
        .to_owned()
}
