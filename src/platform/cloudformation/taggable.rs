//! Which resource types can be tagged, and by which property.
//!
//! From the resource provider schemas (`tagging.taggable`, `tagging.tagProperty`), the types people use
//! most. A type that is missing here counts as taggable once it writes plain `Tags`.

/// How a property holds tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `[{Key, Value}]`, with `PropagateAtLaunch` for Auto Scaling groups.
    List,
    /// `{key: value}`.
    Map,
    /// `[{ResourceType, Tags: [{Key, Value}]}]`.
    Specifications,
}

/// The tag property of a type and its shape; `None` for types that cannot be tagged or are not listed.
pub(super) fn shape(kind: &str) -> Option<(&'static str, Shape)> {
    let (service, name) = kind.strip_prefix("AWS::")?.split_once("::")?;
    let listed = |names: &str| names.split_ascii_whitespace().any(|listed| listed == name);
    let odd = ODD.iter().find(|(of, names, ..)| *of == service && listed(names));
    if let Some(&(_, _, property, shape)) = odd {
        return Some((property, shape));
    }
    let holds = |table: &[(&str, &str)]| table.iter().any(|(of, names)| *of == service && listed(names));
    if holds(LISTS) { Some(("Tags", Shape::List)) } else { holds(MAPS).then_some(("Tags", Shape::Map)) }
}

/// Types whose tags are not in `Tags`.
const ODD: &[(&str, &str, &str, Shape)] = &[
    ("Backup", "BackupVault LogicallyAirGappedBackupVault", "BackupVaultTags", Shape::Map),
    ("Backup", "BackupPlan", "BackupPlanTags", Shape::Map),
    ("Backup", "Framework", "FrameworkTags", Shape::List),
    ("Backup", "ReportPlan", "ReportPlanTags", Shape::List),
    ("Cognito", "UserPool", "UserPoolTags", Shape::Map),
    ("Cognito", "IdentityPool", "IdentityPoolTags", Shape::List),
    ("DataPipeline", "Pipeline", "PipelineTags", Shape::List),
    (
        "EC2",
        "CapacityReservation ClientVpnEndpoint EC2Fleet LaunchTemplate",
        "TagSpecifications",
        Shape::Specifications,
    ),
    ("EFS", "FileSystem", "FileSystemTags", Shape::List),
    ("EFS", "AccessPoint", "AccessPointTags", Shape::List),
    ("Lex", "Bot", "BotTags", Shape::List),
    ("Lex", "BotAlias", "BotAliasTags", Shape::List),
    ("Route53", "HostedZone", "HostedZoneTags", Shape::List),
    ("Route53", "HealthCheck", "HealthCheckTags", Shape::List),
];

/// Types with `Tags: {key: value}`.
const MAPS: &[(&str, &str)] = &[
    ("ApiGatewayV2", "Api DomainName Stage VpcLink"),
    ("Batch", "ComputeEnvironment ConsumableResource JobDefinition JobQueue SchedulingPolicy"),
    ("DAX", "Cluster"),
    ("EKS", "Nodegroup"),
    ("FIS", "ExperimentTemplate"),
    ("Glue", "Crawler DevEndpoint Job MLTransform Trigger Workflow"),
    (
        "ImageBuilder",
        "Component ContainerRecipe DistributionConfiguration Image ImagePipeline ImageRecipe \
         InfrastructureConfiguration LifecyclePolicy Workflow",
    ),
    ("IoTFleetHub", "Application"),
    ("MSK", "Cluster Replicator ServerlessCluster VpcConnection"),
    ("MWAA", "Environment"),
    ("MediaConvert", "JobTemplate Preset Queue"),
    ("MediaLive", "Channel Input InputSecurityGroup"),
    ("Pipes", "Pipe"),
    ("ResilienceHub", "App ResiliencyPolicy"),
    ("SSM", "Parameter"),
    ("SSMContacts", "Contact"),
    ("Scheduler", "ScheduleGroup"),
    ("Schemas", "Discoverer Registry Schema"),
    ("SecurityHub", "Hub"),
    ("Serverless", "Api Application Function GraphQLApi HttpApi SimpleTable StateMachine"),
];

/// Types with `Tags: [{Key, Value}]`.
const LISTS: &[(&str, &str)] = &[
    ("ACMPCA", "CertificateAuthority"),
    ("AccessAnalyzer", "Analyzer"),
    ("AmazonMQ", "Broker Configuration"),
    ("Amplify", "App Branch"),
    ("ApiGateway", "ApiKey ClientCertificate DomainName RestApi Stage UsagePlan VpcLink"),
    ("AppConfig", "Application ConfigurationProfile Deployment DeploymentStrategy Environment Extension"),
    ("AppFlow", "Flow"),
    ("AppMesh", "GatewayRoute Mesh Route VirtualGateway VirtualNode VirtualRouter VirtualService"),
    (
        "AppRunner",
        "AutoScalingConfiguration ObservabilityConfiguration Service VpcConnector \
         VpcIngressConnection",
    ),
    ("AppStream", "AppBlock Application Fleet ImageBuilder Stack"),
    ("AppSync", "Api DomainName GraphQLApi"),
    ("Athena", "CapacityReservation DataCatalog WorkGroup"),
    ("AutoScaling", "AutoScalingGroup"),
    ("Bedrock", "ApplicationInferenceProfile"),
    ("Budgets", "Budget"),
    ("CE", "AnomalyMonitor AnomalySubscription"),
    ("Cassandra", "Keyspace Table"),
    ("CertificateManager", "Certificate"),
    ("Cloud9", "EnvironmentEC2"),
    ("CloudFormation", "Stack StackSet"),
    ("CloudFront", "Distribution StreamingDistribution VpcOrigin"),
    ("CloudTrail", "Channel EventDataStore Trail"),
    ("CloudWatch", "Alarm CompositeAlarm InsightRule MetricStream"),
    ("CodeArtifact", "Domain Repository"),
    ("CodeBuild", "Fleet Project ReportGroup"),
    ("CodeCommit", "Repository"),
    ("CodeConnections", "Connection"),
    ("CodeDeploy", "Application DeploymentGroup"),
    ("CodeGuruProfiler", "ProfilingGroup"),
    ("CodePipeline", "CustomActionType Pipeline Webhook"),
    ("CodeStarConnections", "Connection"),
    ("CodeStarNotifications", "NotificationRule"),
    ("Config", "AggregationAuthorization ConfigurationAggregator StoredQuery"),
    ("DLM", "LifecyclePolicy"),
    (
        "DMS",
        "DataMigration DataProvider Endpoint EventSubscription InstanceProfile MigrationProject \
         ReplicationConfig ReplicationInstance ReplicationSubnetGroup ReplicationTask",
    ),
    ("DataSync", "Agent LocationEFS LocationNFS LocationS3 LocationSMB Task"),
    ("Detective", "Graph"),
    ("DirectoryService", "MicrosoftAD SimpleAD"),
    ("DocDB", "DBCluster DBClusterParameterGroup DBInstance DBSubnetGroup EventSubscription"),
    ("DocDBElastic", "Cluster"),
    ("DynamoDB", "Table"),
    (
        "EC2",
        "CarrierGateway CustomerGateway DHCPOptions EIP EgressOnlyInternetGateway FlowLog Host IPAM \
         IPAMPool IPAMScope Instance InstanceConnectEndpoint InternetGateway KeyPair NatGateway \
         NetworkAcl NetworkInsightsAccessScope NetworkInsightsAnalysis NetworkInsightsPath \
         NetworkInterface PlacementGroup PrefixList RouteServer RouteTable SecurityGroup Subnet \
         TrafficMirrorFilter TrafficMirrorSession TrafficMirrorTarget TransitGateway \
         TransitGatewayAttachment TransitGatewayConnect TransitGatewayMulticastDomain \
         TransitGatewayPeeringAttachment TransitGatewayRouteTable TransitGatewayVpcAttachment VPC \
         VPCEndpoint VPCEndpointService VPCPeeringConnection VPNConnection VPNGateway \
         VerifiedAccessEndpoint VerifiedAccessGroup VerifiedAccessInstance \
         VerifiedAccessTrustProvider Volume",
    ),
    ("ECR", "PublicRepository Repository"),
    ("ECS", "CapacityProvider Cluster Service TaskDefinition TaskSet"),
    ("EKS", "AccessEntry Addon Cluster FargateProfile IdentityProviderConfig PodIdentityAssociation"),
    ("EMR", "Cluster Studio"),
    ("EMRContainers", "VirtualCluster"),
    ("EMRServerless", "Application"),
    (
        "ElastiCache",
        "CacheCluster ParameterGroup ReplicationGroup SecurityGroup ServerlessCache SnapshotGroup \
         SubnetGroup User UserGroup",
    ),
    ("ElasticBeanstalk", "Environment"),
    ("ElasticLoadBalancing", "LoadBalancer"),
    ("ElasticLoadBalancingV2", "LoadBalancer TargetGroup TrustStore"),
    ("Elasticsearch", "Domain"),
    ("EventSchemas", "Discoverer Registry Schema"),
    ("Events", "EventBus Rule"),
    ("Evidently", "Experiment Feature Launch Project"),
    ("FSx", "DataRepositoryAssociation FileSystem Snapshot StorageVirtualMachine Volume"),
    ("GlobalAccelerator", "Accelerator CrossAccountAttachment"),
    ("Grafana", "Workspace"),
    ("GuardDuty", "Detector Filter IPSet MalwareProtectionPlan ThreatIntelSet"),
    (
        "IAM",
        "InstanceProfile ManagedPolicy OIDCProvider Role SAMLProvider ServerCertificate User \
         VirtualMFADevice",
    ),
    ("IVS", "Channel PlaybackKeyPair RecordingConfiguration StreamKey"),
    ("InspectorV2", "CisScanConfiguration"),
    (
        "IoT",
        "Authorizer BillingGroup CACertificate FleetMetric JobTemplate Policy ProvisioningTemplate \
         RoleAlias ThingGroup ThingType TopicRule",
    ),
    ("IoTAnalytics", "Channel Dataset Datastore Pipeline"),
    ("IoTEvents", "AlarmModel DetectorModel Input"),
    ("IoTSiteWise", "Asset AssetModel Dashboard Gateway Portal Project"),
    ("KMS", "Key ReplicaKey"),
    ("Kendra", "DataSource Faq Index"),
    ("Kinesis", "Stream"),
    ("KinesisAnalyticsV2", "Application"),
    ("KinesisFirehose", "DeliveryStream"),
    ("KinesisVideo", "SignalingChannel Stream"),
    ("Lambda", "CodeSigningConfig EventSourceMapping Function"),
    ("Lightsail", "Bucket Certificate Container Database Disk Distribution Instance LoadBalancer"),
    ("Location", "GeofenceCollection Map PlaceIndex RouteCalculator Tracker"),
    ("Logs", "Delivery DeliveryDestination DeliverySource Destination LogAnomalyDetector LogGroup"),
    ("Macie", "AllowList CustomDataIdentifier FindingsFilter"),
    ("MediaConnect", "Flow"),
    ("MediaPackage", "Channel OriginEndpoint PackagingGroup"),
    ("MemoryDB", "ACL Cluster ParameterGroup SubnetGroup User"),
    (
        "Neptune",
        "DBCluster DBClusterParameterGroup DBInstance DBParameterGroup DBSubnetGroup \
         EventSubscription",
    ),
    ("NeptuneGraph", "Graph"),
    ("NetworkFirewall", "Firewall FirewallPolicy RuleGroup TLSInspectionConfiguration"),
    (
        "NetworkManager",
        "ConnectAttachment ConnectPeer CoreNetwork Device GlobalNetwork Link Site \
         SiteToSiteVpnAttachment VpcAttachment",
    ),
    ("OpenSearchServerless", "Collection"),
    ("OpenSearchService", "Domain"),
    ("Organizations", "Account OrganizationalUnit Policy ResourcePolicy"),
    ("PCAConnectorAD", "Connector DirectoryRegistration Template"),
    ("QLDB", "Ledger Stream"),
    ("QuickSight", "Analysis Dashboard DataSet DataSource Folder Template Theme"),
    ("RAM", "Permission ResourceShare"),
    (
        "RDS",
        "CustomDBEngineVersion DBCluster DBClusterParameterGroup DBInstance DBParameterGroup DBProxy \
         DBProxyEndpoint DBSecurityGroup DBShardGroup DBSubnetGroup EventSubscription GlobalCluster \
         Integration OptionGroup",
    ),
    ("RUM", "AppMonitor"),
    ("Redshift", "Cluster ClusterParameterGroup ClusterSecurityGroup ClusterSubnetGroup EventSubscription"),
    ("RedshiftServerless", "Namespace Workgroup"),
    ("ResourceGroups", "Group"),
    ("RolesAnywhere", "CRL Profile TrustAnchor"),
    ("Route53RecoveryReadiness", "Cell ReadinessCheck RecoveryGroup ResourceSet"),
    (
        "Route53Resolver",
        "FirewallDomainList FirewallRuleGroup FirewallRuleGroupAssociation OutpostResolver \
         ResolverEndpoint ResolverQueryLoggingConfig ResolverRule",
    ),
    (
        "S3",
        "AccessGrant AccessGrantsInstance AccessGrantsLocation AccessPoint Bucket StorageLens \
         StorageLensGroup",
    ),
    ("S3Express", "AccessPoint DirectoryBucket"),
    ("SES", "ConfigurationSet ContactList DedicatedIpPool EmailIdentity Template"),
    ("SNS", "Topic"),
    ("SQS", "Queue"),
    ("SSM", "Document MaintenanceWindow PatchBaseline"),
    ("SSMIncidents", "ReplicationSet ResponsePlan"),
    ("SSO", "Application Instance PermissionSet"),
    (
        "SageMaker",
        "App AppImageConfig CodeRepository DataQualityJobDefinition DeviceFleet Domain Endpoint \
         EndpointConfig FeatureGroup Image InferenceComponent InferenceExperiment Model \
         ModelBiasJobDefinition ModelCard ModelPackageGroup ModelQualityJobDefinition \
         MonitoringSchedule NotebookInstance Pipeline Project Space StudioLifecycleConfig UserProfile \
         Workteam",
    ),
    ("SecretsManager", "Secret"),
    ("ServiceCatalog", "CloudFormationProduct CloudFormationProvisionedProduct Portfolio"),
    ("ServiceCatalogAppRegistry", "Application AttributeGroup"),
    ("ServiceDiscovery", "HttpNamespace PrivateDnsNamespace PublicDnsNamespace Service"),
    ("Shield", "Protection ProtectionGroup"),
    ("Signer", "SigningProfile"),
    ("StepFunctions", "Activity StateMachine"),
    ("Synthetics", "Canary Group"),
    ("Timestream", "Database InfluxDBInstance ScheduledQuery Table"),
    ("Transfer", "Agreement Certificate Connector Profile Server User Workflow"),
    ("VerifiedPermissions", "PolicyStore"),
    (
        "VpcLattice",
        "AccessLogSubscription Listener ResourceConfiguration ResourceGateway Rule Service \
         ServiceNetwork ServiceNetworkServiceAssociation ServiceNetworkVpcAssociation TargetGroup",
    ),
    ("WAFv2", "IPSet RegexPatternSet RuleGroup WebACL"),
    ("WorkSpaces", "WorkspacesPool Workspace"),
    ("XRay", "Group SamplingRule"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_type_is_listed_twice() {
        let mut seen = std::collections::BTreeSet::new();
        let plain = LISTS.iter().chain(MAPS).map(|(service, names)| (service, names));
        for (service, names) in plain.chain(ODD.iter().map(|(service, names, ..)| (service, names))) {
            for name in names.split_ascii_whitespace() {
                assert!(seen.insert((service, name)), "{service}::{name}");
            }
        }
    }

    #[test]
    fn the_usual_types_are_known() {
        assert_eq!(shape("AWS::S3::Bucket"), Some(("Tags", Shape::List)));
        assert_eq!(shape("AWS::Serverless::Function"), Some(("Tags", Shape::Map)));
        assert_eq!(shape("AWS::Cognito::UserPool"), Some(("UserPoolTags", Shape::Map)));
        for kind in
            ["AWS::S3::BucketPolicy", "AWS::IAM::Policy", "Custom::Thing", "AWS::Lambda::Permission", "x"]
        {
            assert_eq!(shape(kind), None, "{kind}");
        }
    }
}
