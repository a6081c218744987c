//! What `explain`, `diff` and `export` are asked.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::OutputFormat;

/// What `explain` is asked.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shiftsim explain reviews.yaml
  shiftsim explain manifests/ --request 'GET http://reviews:9080/reviews/0' \\
    -H 'end-user: jason'
  shiftsim explain tcp-echo.yaml --request tcp://tcp-echo:9000
  kubectl get virtualservices,destinationrules,services -o yaml |
    shiftsim explain - --request http://reviews:9080/ --random-value 115

Without --request it prints the whole route table, in order.")]
pub struct ExplainArgs {
    /// Files or folders of manifests; `-` reads standard input
    #[arg(value_name = "MANIFEST", required = true)]
    pub manifests: Vec<PathBuf>,

    /// A request such as 'GET http://reviews:9080/reviews/0', or a connection such as
    /// tcp://tcp-echo:9000 or tls://shop.example.com:443
    #[arg(long, value_name = "REQUEST")]
    pub request: Option<String>,

    /// A header of the request; may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", requires = "request", value_parser = parse_header)]
    pub headers: Vec<(String, String)>,

    /// Shows the pick for this random number R
    #[arg(long, value_name = "R", requires = "request")]
    pub random_value: Option<u64>,

    /// The proxy that routes.
    #[command(flatten)]
    pub proxy: ProxyArgs,

    /// How to print.
    #[command(flatten)]
    pub print: PrintArgs,
}

/// A request whose split is wanted: it makes the inputs of a command manifests.
#[derive(Debug, Args)]
pub struct SplitArgs {
    /// Reads manifests instead of a scenario, and takes the split that this request meets: 'GET
    /// http://reviews:9080/reviews/0', or a connection such as tcp://tcp-echo:9000
    #[arg(long, value_name = "REQUEST", group = "split")]
    pub request: Option<String>,

    /// A header of the request; may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", requires = "request", value_parser = parse_header)]
    pub headers: Vec<(String, String)>,

    /// The proxy that routes.
    #[command(flatten)]
    pub proxy: ProxyArgs,
}

/// What `diff` is asked.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shiftsim diff reviews-90-10.yaml reviews-50-50.yaml
  shiftsim diff deployed/ proposed/ --format json
  shiftsim diff v1.yaml v2.yaml --with services.yaml --with subsets.yaml

A plain request for each host, one for each rule of either side, and one for
each pair of rules are routed by both. The exit status is 1 if shares differ.")]
pub struct DiffArgs {
    /// The old manifests: a file or a folder, or `-` for standard input
    #[arg(value_name = "OLD")]
    pub old: PathBuf,

    /// The new manifests: a file or a folder, or `-` for standard input
    #[arg(value_name = "NEW")]
    pub new: PathBuf,

    /// Manifests that both sides have, such as services; may be repeated
    #[arg(long, value_name = "MANIFEST")]
    pub with: Vec<PathBuf>,

    /// How to print.
    #[command(flatten)]
    pub print: PrintArgs,
}

/// What `export` is asked.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// For whom.
    #[command(subcommand)]
    pub target: ExportTarget,
}

/// For whom routes are exported.
#[derive(Debug, Subcommand)]
pub enum ExportTarget {
    /// A static Envoy configuration with the same routes, and an embedded upstream per subset
    Envoy(EnvoyArgs),
}

/// What `export envoy` is asked.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  shiftsim export envoy reviews.yaml > envoy.yaml
  envoy -c envoy.yaml > access.log
  curl -H 'Host: reviews' -H 'end-user: jason' localhost:10001/reviews/0
  shiftsim check --target v1=50,v3=50 access.log

Each upstream answers with the name of its version. Everything listens on
loopback: the administration on the first port, then an entry for each port of
the manifests, then the upstreams.")]
pub struct EnvoyArgs {
    /// Files or folders of manifests; `-` reads standard input
    #[arg(value_name = "MANIFEST", required = true)]
    pub manifests: Vec<PathBuf>,

    /// The first of the ports to listen on
    #[arg(long, value_name = "PORT", default_value_t = 10_000)]
    pub first_port: u16,

    /// Where Envoy logs requests, in Istio's format
    #[arg(long, value_name = "FILE", default_value = "/dev/stdout")]
    pub access_log: String,

    /// Whether to write JSON instead of YAML
    #[arg(long)]
    pub json: bool,

    /// The proxy that routes.
    #[command(flatten)]
    pub proxy: ProxyArgs,
}

/// The proxy that routes a request.
#[derive(Debug, Args)]
pub struct ProxyArgs {
    /// The gateway that routes, as NAMESPACE/NAME [default: a sidecar]
    #[arg(long, value_name = "GATEWAY")]
    pub gateway: Option<String>,

    /// The namespace of the sidecar
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub namespace: String,

    /// A label of the sidecar's workload; may be repeated
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = parse_label)]
    pub labels: Vec<(String, String)>,
}

/// How to print.
#[derive(Debug, Args)]
pub struct PrintArgs {
    /// What to print on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: OutputFormat,

    /// Prints less: the answer alone
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Prints more: retries too
    #[arg(short, long)]
    pub verbose: bool,
}

fn parse_header(text: &str) -> Result<(String, String), String> {
    // A pseudo header begins with a colon itself.
    let colon = text.char_indices().skip(1).find(|(_, c)| *c == ':');
    match colon.map(|(at, _)| (text[..at].trim(), text[at + 1..].trim())) {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected a name and a value, such as 'end-user: jason'".into()),
    }
}

fn parse_label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected a key and a value, such as app=productpage".into()),
    }
}
