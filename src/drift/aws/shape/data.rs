//! Functions, tables and databases.

use serde_json::{Value as Json, json};

use super::config::{Item, is_state, object, pascal};
use super::part::POLICY;

pub(super) fn function(item: &Item<'_>) -> Vec<(&'static str, Option<Json>)> {
    let network = object([
        ("SubnetIds", item.get("vpcConfig.subnetIds")),
        ("SecurityGroupIds", item.get("vpcConfig.securityGroupIds")),
    ]);
    vec![
        ("FunctionName", item.get("functionName")),
        ("Runtime", item.get("runtime")),
        ("Role", item.get("role")),
        ("Handler", item.get("handler")),
        ("Timeout", item.get("timeout")),
        ("MemorySize", item.get("memorySize")),
        ("Description", item.get("description")),
        ("Environment", object([("Variables", item.get("environment.variables"))])),
        ("VpcConfig", network),
        ("TracingConfig", item.get("tracingConfig").map(pascal)),
        ("KmsKeyArn", item.get("kmskeyArn").or_else(|| item.get("kMSKeyArn"))),
        ("Layers", item.each("layers", "arn")),
        ("DeadLetterConfig", item.get("deadLetterConfig").map(pascal)),
        ("ReservedConcurrentExecutions", item.more("Concurrency.reservedConcurrentExecutions")),
        (POLICY, item.more("Policy")),
    ]
    .into_iter()
    .chain(item.get("architectures").map(|it| ("Architectures", Some(it))))
    .chain(item.get("packageType").map(|it| ("PackageType", Some(it))))
    .chain(item.get("ephemeralStorage").map(|it| ("EphemeralStorage", Some(pascal(it)))))
    .collect()
}

pub(super) fn table(item: &Item<'_>) -> Vec<(&'static str, Option<Json>)> {
    let mode = item.get("billingModeSummary.billingMode").unwrap_or_else(|| json!("PROVISIONED"));
    let throughput = |json: Option<Json>| {
        let json = json?;
        object([
            ("ReadCapacityUnits", json.get("readCapacityUnits").cloned()),
            ("WriteCapacityUnits", json.get("writeCapacityUnits").cloned()),
        ])
    };
    let indexes = |list: &str| match item.get(list)? {
        Json::Array(indexes) => Some(Json::Array(
            indexes
                .into_iter()
                .filter_map(|index| {
                    let part = |name: &str| index.get(name).cloned().map(pascal);
                    object([
                        ("IndexName", part("indexName")),
                        ("KeySchema", part("keySchema")),
                        ("Projection", part("projection")),
                        ("ProvisionedThroughput", throughput(index.get("provisionedThroughput").cloned())),
                    ])
                })
                .collect(),
        )),
        _ => None,
    };
    let encryption = object([
        ("SSEEnabled", is_state(item.get("ssedescription.status"), "enabled")),
        ("SSEType", item.get("ssedescription.sseType")),
        ("KMSMasterKeyId", item.get("ssedescription.kmsMasterKeyArn")),
    ]);
    let mut out = vec![
        ("TableName", item.get("tableName")),
        ("KeySchema", item.get("keySchema").map(pascal)),
        ("AttributeDefinitions", item.get("attributeDefinitions").map(pascal)),
        ("BillingMode", Some(mode)),
        ("ProvisionedThroughput", throughput(item.get("provisionedThroughput"))),
        ("GlobalSecondaryIndexes", indexes("globalSecondaryIndexes")),
        ("LocalSecondaryIndexes", indexes("localSecondaryIndexes")),
        ("SSESpecification", encryption),
        ("StreamSpecification", object([("StreamViewType", item.get("streamSpecification.streamViewType"))])),
        ("DeletionProtectionEnabled", item.get("deletionProtectionEnabled")),
    ];
    let recovery = "ContinuousBackupsDescription.pointInTimeRecoveryDescription.pointInTimeRecoveryStatus";
    if let Some(on) = is_state(item.more(recovery), "enabled") {
        let recovery = object([("PointInTimeRecoveryEnabled", Some(on))]);
        out.push(("PointInTimeRecoverySpecification", recovery));
    }
    out
}

pub(super) fn database(item: &Item<'_>) -> Vec<(&'static str, Option<Json>)> {
    // The same words, the first letter small. `allocatedStorage` is a number here and a text there.
    let alike = [
        ("DBInstanceIdentifier", "dBInstanceIdentifier"),
        ("DBInstanceClass", "dBInstanceClass"),
        ("Engine", "engine"),
        ("EngineVersion", "engineVersion"),
        ("MasterUsername", "masterUsername"),
        ("DBName", "dBName"),
        ("AllocatedStorage", "allocatedStorage"),
        ("PreferredBackupWindow", "preferredBackupWindow"),
        ("PreferredMaintenanceWindow", "preferredMaintenanceWindow"),
        ("BackupRetentionPeriod", "backupRetentionPeriod"),
        ("AvailabilityZone", "availabilityZone"),
        ("MultiAZ", "multiAZ"),
        ("AutoMinorVersionUpgrade", "autoMinorVersionUpgrade"),
        ("LicenseModel", "licenseModel"),
        ("Iops", "iops"),
        ("PubliclyAccessible", "publiclyAccessible"),
        ("StorageType", "storageType"),
        ("StorageEncrypted", "storageEncrypted"),
        ("KmsKeyId", "kmsKeyId"),
        ("CACertificateIdentifier", "cACertificateIdentifier"),
        ("CopyTagsToSnapshot", "copyTagsToSnapshot"),
        ("MonitoringInterval", "monitoringInterval"),
        ("DeletionProtection", "deletionProtection"),
        ("EnableCloudwatchLogsExports", "enabledCloudwatchLogsExports"),
    ];
    let first = |list: &str, part: &str| item.each(list, part).and_then(|all| all.get(0).cloned());
    let mut out: Vec<(&'static str, Option<Json>)> =
        alike.into_iter().map(|(own, theirs)| (own, item.get(theirs))).collect();
    out.extend([
        ("VPCSecurityGroups", item.each("vpcSecurityGroups", "vpcSecurityGroupId")),
        ("DBParameterGroupName", first("dBParameterGroups", "dBParameterGroupName")),
        ("OptionGroupName", first("optionGroupMemberships", "optionGroupName")),
        ("DBSubnetGroupName", item.get("dBSubnetGroup.dBSubnetGroupName")),
    ]);
    out
}
