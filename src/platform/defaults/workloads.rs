//! Defaults of the controllers of pods.
//!
//! Source: `SetDefaults_*` of `pkg/apis/{apps,batch,core,autoscaling}/…/defaults.go` in kubernetes/kubernetes.

use super::pods::POD_TEMPLATE;
use super::rule::{Type, each, has, objects, of, optional, plain, structure, text, when, word};
use crate::model::NodeRef;

const TEMPLATE_LABELS: &[&str] = &["spec", "template", "metadata", "labels"];

/// `SetDefaults_Deployment`.
pub(super) const DEPLOYMENT: Type = &[structure(
    "spec",
    &[
        plain("replicas", "1"),
        structure(
            "strategy",
            &[
                text("type", "RollingUpdate"),
                when(
                    is_rolling,
                    structure("rollingUpdate", &[text("maxUnavailable", "25%"), text("maxSurge", "25%")]),
                ),
            ],
        ),
        plain("revisionHistoryLimit", "10"),
        plain("progressDeadlineSeconds", "600"),
        structure("template", POD_TEMPLATE),
    ],
)];

/// `SetDefaults_DaemonSet`.
pub(super) const DAEMON_SET: Type = &[structure(
    "spec",
    &[
        structure(
            "updateStrategy",
            &[
                text("type", "RollingUpdate"),
                when(
                    is_rolling,
                    structure("rollingUpdate", &[plain("maxUnavailable", "1"), plain("maxSurge", "0")]),
                ),
            ],
        ),
        plain("revisionHistoryLimit", "10"),
        structure("template", POD_TEMPLATE),
    ],
)];

/// Whether an update strategy is `RollingUpdate`, which it is without a word.
fn is_rolling(strategy: NodeRef<'_>) -> bool {
    has_no_type(strategy) || word(strategy, "type") == "RollingUpdate"
}

fn has_no_type(strategy: NodeRef<'_>) -> bool {
    !has(strategy, "type") || strategy.get("type").and_then(NodeRef::text) == Some("")
}

/// `SetDefaults_StatefulSet`: a strategy that names its type gets no `rollingUpdate`.
pub(super) const STATEFUL_SET: Type = &[structure(
    "spec",
    &[
        text("podManagementPolicy", "OrderedReady"),
        structure(
            "updateStrategy",
            &[
                text("type", "RollingUpdate"),
                when(has_no_type, structure("rollingUpdate", PARTITION)),
                when(is_rolling, optional("rollingUpdate", PARTITION)),
            ],
        ),
        structure(
            "persistentVolumeClaimRetentionPolicy",
            &[text("whenDeleted", "Retain"), text("whenScaled", "Retain")],
        ),
        plain("replicas", "1"),
        plain("revisionHistoryLimit", "10"),
        structure("template", POD_TEMPLATE),
        each("volumeClaimTemplates", CLAIM),
    ],
)];

const PARTITION: Type = &[plain("partition", "0")];

/// `SetDefaults_PersistentVolumeClaim` and `SetDefaults_PersistentVolumeClaimSpec`.
pub(super) const CLAIM: Type = &[
    structure("status", &[text("phase", "Pending")]),
    structure("spec", &[text("volumeMode", "Filesystem")]),
];

/// `SetDefaults_ReplicaSet`.
pub(super) const REPLICA_SET: Type =
    &[structure("spec", &[plain("replicas", "1"), structure("template", POD_TEMPLATE)])];

/// `SetDefaults_ReplicationController`.
pub(super) const REPLICATION_CONTROLLER: Type = &[
    structure(
        "spec",
        &[of("selector", TEMPLATE_LABELS), plain("replicas", "1"), optional("template", POD_TEMPLATE)],
    ),
    structure("metadata", &[of("labels", TEMPLATE_LABELS)]),
];

/// `SetDefaults_Job`.
pub(super) const JOB: Type = &[
    structure(
        "spec",
        &[
            when(|spec| !has(spec, "parallelism"), plain("completions", "1")),
            plain("parallelism", "1"),
            when(|spec| has(spec, "backoffLimitPerIndex"), plain("backoffLimit", "2147483647")),
            plain("backoffLimit", "6"),
            text("completionMode", "NonIndexed"),
            plain("suspend", "false"),
            when(|spec| has(spec, "podFailurePolicy"), text("podReplacementPolicy", "Failed")),
            text("podReplacementPolicy", "TerminatingOrFailed"),
            plain("manualSelector", "false"),
            optional("podFailurePolicy", POD_FAILURE_POLICY),
            structure("template", POD_TEMPLATE),
        ],
    ),
    structure("metadata", &[of("labels", TEMPLATE_LABELS)]),
];

/// `SetDefaults_PodFailurePolicyOnPodConditionsPattern`.
const POD_FAILURE_POLICY: Type = &[each("rules", &[each("onPodConditions", &[text("status", "True")])])];

/// `SetDefaults_CronJob`. The job inside it gets its own defaults only once it is created.
pub(super) const CRON_JOB: Type = &[structure(
    "spec",
    &[
        text("concurrencyPolicy", "Allow"),
        plain("suspend", "false"),
        plain("successfulJobsHistoryLimit", "3"),
        plain("failedJobsHistoryLimit", "1"),
        structure(
            "jobTemplate",
            &[structure(
                "spec",
                &[optional("podFailurePolicy", POD_FAILURE_POLICY), structure("template", POD_TEMPLATE)],
            )],
        ),
    ],
)];

/// `SetDefaults_HorizontalPodAutoscaler` of `autoscaling/v1`.
pub(super) const AUTOSCALER_V1: Type = &[structure("spec", &[plain("minReplicas", "1")])];

/// `SetDefaults_HorizontalPodAutoscaler` of `autoscaling/v2`.
pub(super) const AUTOSCALER: Type = &[structure(
    "spec",
    &[
        plain("minReplicas", "1"),
        objects("metrics", &[CPU_METRIC]),
        optional(
            "behavior",
            &[
                structure(
                    "scaleUp",
                    &[
                        plain("stabilizationWindowSeconds", "0"),
                        text("selectPolicy", "Max"),
                        objects("policies", &[FOUR_PODS, ALL_PODS]),
                    ],
                ),
                structure("scaleDown", &[text("selectPolicy", "Max"), objects("policies", &[ALL_PODS])]),
            ],
        ),
    ],
)];

const CPU_METRIC: Type = &[
    text("type", "Resource"),
    structure(
        "resource",
        &[
            text("name", "cpu"),
            structure("target", &[text("type", "Utilization"), plain("averageUtilization", "80")]),
        ],
    ),
];

const FOUR_PODS: Type = &[text("type", "Pods"), plain("value", "4"), plain("periodSeconds", "15")];

const ALL_PODS: Type = &[text("type", "Percent"), plain("value", "100"), plain("periodSeconds", "15")];
