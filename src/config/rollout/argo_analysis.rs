//! Argo's `AnalysisTemplate` and `ClusterAnalysisTemplate`, and the runs that use them.

use super::argo::{Arguments, left_out};
use super::argo_metric;
use super::keys::{self, Keys, scalar};
use crate::config::Diagnostic;
use crate::config::kubernetes::Resource;
use crate::config::reader::{Fields, Report};
use crate::config::yaml::Node;
use crate::rollout::{Analysis, ArgoMetric};

const TEMPLATE: Keys = Keys {
    read: &["apiVersion", "kind", "metadata", "spec"],
    not_simulated: &[],
    ignored: &["status"],
};

const SPEC: Keys = Keys {
    read: &["metrics", "args", "dryRun", "templates"],
    not_simulated: &[],
    ignored: &["measurementRetention"],
};

const RUN: Keys = Keys {
    read: &[
        "templates",
        "templateName",
        "args",
        "dryRun",
        "startingStep",
    ],
    not_simulated: &[],
    ignored: &["measurementRetention", "analysisRunMetadata", "name"],
};

const REFERENCE: Keys = Keys {
    read: &["templateName", "clusterScope", "clusterTemplateName"],
    not_simulated: &[],
    ignored: &[],
};

const ARGUMENT: Keys = Keys {
    read: &["name", "value", "valueFrom"],
    not_simulated: &[],
    ignored: &[],
};

/// How deep templates may name templates.
const MOST_LEVELS: u32 = 8;

/// The templates of all files.
#[derive(Debug, Default)]
pub(super) struct Templates {
    found: Vec<Resource>,
}

impl Templates {
    /// These templates.
    pub(super) fn new(found: Vec<Resource>) -> Self {
        Self { found }
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Resource] {
        &self.found
    }

    fn named(&self, name: &str, cluster: bool) -> Option<&Resource> {
        let same = |one: &&Resource| one.name == name;
        let scope = |one: &&Resource| (one.kind == "ClusterAnalysisTemplate") == cluster;
        self.found
            .iter()
            .find(|one| same(one) && scope(one))
            .or_else(|| self.found.iter().find(same))
    }
}

/// Which metrics are measured without consequences.
#[derive(Default)]
struct DryRun(Vec<String>);

impl DryRun {
    fn add(&mut self, fields: &Fields, report: &mut Report) {
        let Some(node) = fields.get("dryRun") else {
            return;
        };
        for item in keys::list(node, "a list of metrics", report) {
            if let Some(name) = Fields::any(item, "a metric", report)
                .and_then(|fields| fields.required("metricName", "success-rate", report))
                .and_then(scalar)
            {
                self.0.push(name.to_owned());
            }
        }
    }

    fn includes(&self, name: &str) -> bool {
        self.0.iter().any(|one| one == "*" || one == name)
    }
}

/// Reads a run: `templates`, `args` and `dryRun` of a step, of the background or of a promotion.
/// `Some(None)` if nothing in it can be simulated, `None` after a mistake.
#[expect(
    clippy::option_option,
    reason = "no mistake, and nothing that can be simulated"
)]
pub(super) fn run(
    node: &Node,
    templates: &Templates,
    report: &mut Report,
) -> Option<Option<Analysis>> {
    let fields = keys::open(node, "an analysis", &RUN, report)?;
    let arguments = arguments(&fields, Arguments::new(), report);
    let mut dry_run = DryRun::default();
    dry_run.add(&fields, report);
    let mut collected = Collected {
        templates,
        metrics: Vec::new(),
        dry_run,
        arguments,
    };
    if let Some(name) = fields.get("templateName") {
        collected.template(name, false, 0, report);
    }
    if let Some(list) = fields.get("templates") {
        collected.references(list, 0, report);
    }
    if fields.get("templates").is_none() && fields.get("templateName").is_none() {
        fields.required("templates", "[{templateName: success-rate}]", report);
        return None;
    }
    Some(Analysis::new(collected.metrics).ok())
}

/// The metrics of a template that is judged alone.
pub(super) fn alone(
    resource: &Resource,
    templates: &Templates,
    report: &mut Report,
) -> Option<Analysis> {
    let mut collected = Collected {
        templates,
        metrics: Vec::new(),
        dry_run: DryRun::default(),
        arguments: Arguments::new(),
    };
    collected.body(resource, 0, report);
    Analysis::new(collected.metrics).ok()
}

struct Collected<'a> {
    templates: &'a Templates,
    metrics: Vec<ArgoMetric>,
    dry_run: DryRun,
    arguments: Arguments,
}

impl Collected<'_> {
    fn references(&mut self, list: &Node, level: u32, report: &mut Report) {
        for item in keys::list(list, "a list of templates", report) {
            let Some(fields) = keys::open(item, "a template's name", &REFERENCE, report) else {
                continue;
            };
            let cluster = fields.get("clusterScope").and_then(scalar) == Some("true");
            if let Some(name) = fields.get("clusterTemplateName") {
                report.add(
                    Diagnostic::warning(
                        name.span.clone(),
                        "`clusterTemplateName` is an old form that Argo no longer reads",
                        "read as `templateName` with `clusterScope: true`",
                    )
                    .help("write `templateName: …` and `clusterScope: true`"),
                );
                self.template(name, true, level, report);
            } else if let Some(name) = fields.required("templateName", "success-rate", report) {
                self.template(name, cluster, level, report);
            }
        }
    }

    fn template(&mut self, name: &Node, cluster: bool, level: u32, report: &mut Report) {
        let wanted = scalar(name).unwrap_or_default();
        match self.templates.named(wanted, cluster) {
            Some(template) if level < MOST_LEVELS => {
                self.body(template, level, report);
            }
            Some(_) => report.add(Diagnostic::error(
                name.span.clone(),
                "templates name each other without an end",
                "here",
            )),
            None => report.add(
                left_out(name, wanted, "the template is not in these files").help(format!(
                    "give the file with the AnalysisTemplate `{wanted}` as well"
                )),
            ),
        }
    }

    fn body(&mut self, template: &Resource, level: u32, report: &mut Report) -> Option<()> {
        let fields = keys::open(&template.root, "an AnalysisTemplate", &TEMPLATE, report)?;
        let spec = fields.required("spec", "{metrics: …}", report)?;
        let spec = keys::open(spec, "`spec` of an AnalysisTemplate", &SPEC, report)?;
        self.dry_run.add(&spec, report);
        let own = arguments(&spec, self.arguments.clone(), report);
        if let Some(list) = spec.get("templates") {
            self.references(list, level + 1, report);
        }
        let metrics = match spec.get("templates") {
            Some(_) => spec.get("metrics"),
            None => spec.required("metrics", "[{name: success-rate, …}]", report),
        };
        for item in metrics.map_or(&[][..], |node| {
            keys::list(node, "a list of metrics", report)
        }) {
            let dry_run = &self.dry_run;
            let metric = argo_metric::read(item, &own, &|name| dry_run.includes(name), report);
            self.metrics.extend(metric);
        }
        Some(())
    }
}

/// Arguments with their values; those that are given beat those of the template.
fn arguments(fields: &Fields, given: Arguments, report: &mut Report) -> Arguments {
    let mut all = given;
    let Some(node) = fields.get("args") else {
        return all;
    };
    for item in keys::list(node, "a list of arguments", report) {
        let Some(argument) = keys::open(item, "an argument", &ARGUMENT, report) else {
            continue;
        };
        let name = argument.get("name").and_then(scalar);
        let value = argument.get("value").and_then(scalar);
        if let (Some(name), Some(value)) = (name, value) {
            all.entry(name.to_owned()).or_insert(value.to_owned());
        }
    }
    all
}
