//! What a live resource is that no declaration was paired with. The first that holds wins, and keeps its
//! evidence.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value as Json;

use super::Plan;
use super::owned;
use crate::aws::Scope;
use crate::drift::aws::part_of;
use crate::state::aws::{Item, Properties};

/// What a live resource was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A declaration names it.
    Declared,
    /// Another resource made it.
    Child,
    /// AWS's own.
    Aws,
    /// A part of a default network.
    Network,
    /// The same, changed; how.
    Changed(String),
    /// A platform's.
    Platform,
    /// A stack of Git owns it, and the template does not have it.
    Orphan(usize),
    /// A stack that Git does not declare owns it.
    OfStack(String),
    /// It is younger than the time an inventory takes.
    Young,
    /// It cannot be told.
    Unknown,
    /// Nobody declared it.
    Shadow,
}

impl Class {
    /// The word reports use.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Child => "child",
            Self::Aws => "AWS's own",
            Self::Network => "default network",
            Self::Changed(_) => "changed default",
            Self::Platform => "platform",
            Self::Orphan(_) => "orphan",
            Self::OfStack(_) => "of an undeclared stack",
            Self::Young => "just made",
            Self::Unknown => "unknown",
            Self::Shadow => "shadow",
        }
    }
}

/// A class and what speaks for it.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub class: Class,
    pub evidence: String,
}

pub(super) struct Classifier<'c, 'p> {
    plan: &'c Plan<'p>,
    /// Live items that a declaration was paired with.
    paired: &'c [bool],
    /// By live stack: the deployment that declares it.
    declared: BTreeMap<usize, usize>,
    /// Logical ids that a template gives, by deployment; prefixes of what transforms make of them.
    logical: Vec<HashSet<&'c str>>,
    default_networks: HashSet<&'c str>,
    /// Declared resources that could not be told from others.
    open: HashSet<(&'c Scope, &'c str)>,
}

impl<'c, 'p> Classifier<'c, 'p> {
    pub fn new(plan: &'c Plan<'p>, paired: &'c [bool]) -> Self {
        let declared = plan.deployments.iter().enumerate();
        let declared = declared.filter_map(|(place, it)| Some((it.live?, place))).collect();
        let logical = plan.pairs().map(|(_, resources)| resources.iter().map(|it| &*it.logical).collect());
        let default_networks = plan
            .live
            .items
            .iter()
            .filter(|item| &*item.kind == "AWS::EC2::VPC")
            .filter(|item| configuration(item).pointer("/isDefault") == Some(&Json::Bool(true)))
            .map(|item| &*item.id)
            .collect();
        Self { plan, paired, declared, logical: logical.collect(), default_networks, open: plan.open() }
    }

    /// What the item at `place` is.
    pub fn judge(&self, place: usize) -> Judged {
        let told = |class, evidence: &str| Judged { class, evidence: evidence.to_owned() };
        let Some(item) = self.plan.live.items.get(place) else { return told(Class::Unknown, "") };
        if self.paired.get(place) == Some(&true) {
            return told(Class::Declared, "Git declares it");
        }
        let configuration = configuration(item);
        if let Some(reason) = owned::by_aws(item, &configuration) {
            return told(Class::Aws, &reason);
        }
        let in_default = |id: &str| self.default_networks.contains(id);
        if let Some(default) = owned::default_network(item, &configuration, in_default) {
            return match default.changed {
                Some(changed) => told(Class::Changed(changed), default.what),
                None => told(Class::Network, default.what),
            };
        }
        if &*item.kind == "AWS::CloudFormation::Stack" {
            return self.stack(item);
        }
        if let Some(judged) = self.owned(item) {
            return judged;
        }
        if let Some(evidence) = owned::owner(item).or_else(|| self.child(item, &configuration)) {
            return told(Class::Child, &evidence);
        }
        if part_of(&item.kind).is_some() {
            return told(Class::Child, "it is a part of another resource, which is judged with it");
        }
        if is_young(item, self.plan.grace) {
            return told(Class::Young, "it was made minutes before the inventory");
        }
        if self.plan.has_open_deployment() {
            return told(Class::Unknown, "what could not be evaluated may declare it");
        }
        let may_be = |(scope, kind): &(&Scope, &str)| {
            **kind == *item.kind && super::index::is_near(&item.scope, scope, kind)
        };
        if self.open.iter().any(may_be) {
            return told(Class::Unknown, "a declared resource that has no name may be it");
        }
        let marked = crate::aws::types::of(&item.kind).is_some_and(|known| known.system_tags);
        let is_told = self.plan.index.knows_stacks(&item.scope) || (marked && item.tags.is_some());
        if !is_told {
            return told(Class::Unknown, "which stacks there are is not known, and one may own it");
        }
        told(Class::Shadow, "no template declares it, no stack owns it, and it carries no mark of AWS")
    }

    /// A stack, which its own finding tells of.
    fn stack(&self, item: &Item) -> Judged {
        let is_it = |stack: &crate::state::aws::Stack| {
            *stack.id == *item.id
                || item.arn.as_deref() == Some(&stack.id)
                || item.name.as_deref() == Some(&stack.name)
        };
        let name = item.name.as_deref().unwrap_or(&item.id);
        let place = self.plan.live.stacks.iter().position(is_it);
        let declared = place.is_some_and(|place| self.is_declared(place))
            || self.plan.deployments.iter().any(|it| it.name.as_deref() == Some(name));
        let (class, evidence) = match () {
            () if declared => (Class::Declared, "Git declares the stack"),
            () if owned::is_platform_stack(name) => (Class::Platform, "a stack of a platform"),
            () => (Class::OfStack(name.to_owned()), "Git does not declare the stack"),
        };
        Judged { class, evidence: evidence.to_owned() }
    }

    /// Whether Git declares a stack, or the one it is nested in.
    pub fn is_declared(&self, stack: usize) -> bool {
        let mut place = Some(stack);
        for _ in 0..8 {
            let Some(at) = place else { return false };
            if self.declared.contains_key(&at) {
                return true;
            }
            let parent = self.plan.live.stacks.get(at).and_then(|it| it.parent.as_deref());
            place = parent.and_then(|id| self.plan.live.stacks.iter().position(|it| &*it.id == id));
        }
        false
    }

    /// By the stack that owns it, as CloudFormation lists it or as its own tags say.
    fn owned(&self, item: &Item) -> Option<Judged> {
        let listed = self.plan.index.owner(item);
        let tag = |key: &str| item.tags.as_ref().and_then(|tags| tags.get(key)).map(String::as_str);
        let named = tag("aws:cloudformation:stack-name");
        let (stack, logical) = match listed {
            Some((stack, resource)) => (Some(stack), Some(&*resource.logical)),
            None => {
                let is_it = |it: &crate::state::aws::Stack| {
                    Some(&*it.name) == named && super::index::is_near(&item.scope, &it.scope, &item.kind)
                };
                (self.plan.live.stacks.iter().position(is_it), tag("aws:cloudformation:logical-id"))
            }
        };
        let name = stack.and_then(|stack| self.plan.live.stacks.get(stack)).map(|it| &*it.name).or(named)?;
        let told = |class, evidence: String| Some(Judged { class, evidence });
        if owned::is_platform_stack(name) {
            return told(Class::Platform, format!("the stack {name} owns it"));
        }
        let deployment = stack.and_then(|stack| self.declared.get(&stack)).copied();
        let by_name = || self.plan.deployments.iter().position(|it| it.name.as_deref() == Some(name));
        let Some(deployment) = deployment.or_else(by_name) else {
            if stack.is_some_and(|stack| self.is_declared(stack)) {
                return told(Class::Unknown, format!("a stack nested in a declared one, {name}, owns it"));
            }
            return told(Class::OfStack(name.to_owned()), format!("the stack {name} owns it"));
        };
        let logical = logical.unwrap_or_default();
        let known = self.logical.get(deployment);
        if known.is_some_and(|known| known.contains(logical)) {
            return told(Class::Declared, format!("the stack {name} declares it as {logical}"));
        }
        // SAM, modules and macros make resources of the ones that are written.
        if self.plan.evaluated.get(deployment).is_some_and(|it| it.may_declare(logical)) {
            return told(
                Class::Child,
                format!("the stack {name} owns it as {logical}, which its template makes"),
            );
        }
        told(Class::Orphan(deployment), format!("the stack {name} owns it as {logical}"))
    }

    /// What services make along with what was declared.
    fn child(&self, item: &Item, configuration: &Json) -> Option<String> {
        let name = item.name.as_deref().unwrap_or(&item.id);
        let exists = |kind: &str, name: &str| self.plan.index.find(&item.scope, kind, name).is_some();
        let text = |path: &str| configuration.pointer(path).and_then(Json::as_str);
        match &*item.kind {
            "AWS::Logs::LogGroup" => {
                let (service, of) = [
                    ("/aws/lambda/", "AWS::Lambda::Function"),
                    ("/aws/codebuild/", "AWS::CodeBuild::Project"),
                    ("/aws/apigateway/", "AWS::ApiGateway::RestApi"),
                ]
                .into_iter()
                .find(|(prefix, _)| name.starts_with(prefix))?;
                let of_name = name.strip_prefix(service)?;
                exists(of, of_name).then(|| format!("{of_name} writes its log there"))
            }
            "AWS::EC2::Volume" => {
                let instance = text("/attachments/0/instanceId")?;
                let own =
                    configuration.pointer("/attachments/0/deleteOnTermination") == Some(&Json::Bool(true));
                (own && exists("AWS::EC2::Instance", instance)).then(|| format!("it is a disk of {instance}"))
            }
            "AWS::EC2::NetworkInterface" => {
                let instance = text("/attachment/instanceId")?;
                exists("AWS::EC2::Instance", instance).then(|| format!("it connects {instance}"))
            }
            "AWS::RDS::DBInstance" => {
                let cluster = text("/dBClusterIdentifier")?;
                exists("AWS::RDS::DBCluster", cluster).then(|| format!("it is a member of {cluster}"))
            }
            "AWS::ElastiCache::CacheCluster" => {
                let group = text("/replicationGroupId")?;
                exists("AWS::ElastiCache::ReplicationGroup", group)
                    .then(|| format!("it is a node of {group}"))
            }
            _ => self.of_cluster(item),
        }
    }

    /// What a controller in a cluster made: its mark can be set by anybody, so the cluster must be declared.
    fn of_cluster(&self, item: &Item) -> Option<String> {
        let tags = item.tags.as_ref()?;
        let named = [
            "eks:cluster-name",
            "elbv2.k8s.aws/cluster",
            "ebs.csi.aws.com/cluster",
            "alpha.eksctl.io/cluster-name",
        ];
        let by_value = named.iter().find_map(|key| tags.get(*key).map(String::as_str));
        let by_key = tags.keys().find_map(|key| key.strip_prefix("kubernetes.io/cluster/"));
        let cluster = by_value.or(by_key)?;
        let place = self.plan.index.find(&item.scope, "AWS::EKS::Cluster", cluster)?;
        (self.paired.get(place) == Some(&true)).then(|| format!("the declared cluster {cluster} made it"))
    }
}

/// The configuration of an item, as far as it was read.
pub(super) fn configuration(item: &Item) -> Json {
    match &item.properties {
        Properties::Config { configuration, .. } => serde_json::from_str(configuration).unwrap_or_default(),
        Properties::CloudFormation(text) => serde_json::from_str(text).unwrap_or_default(),
        _ => Json::Null,
    }
}

/// Whether an item was made so short before the inventory that what explains it may be missing.
fn is_young(item: &Item, minutes: u32) -> bool {
    let time = |text: &str| text.parse::<jiff::Timestamp>().ok();
    match (time(&item.created), time(&item.captured)) {
        (Some(created), Some(captured)) => {
            (0..i64::from(minutes) * 60).contains(&(captured.as_second() - created.as_second()))
        }
        _ => false,
    }
}
