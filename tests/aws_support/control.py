"""Cloud Control for some types, answered from what moto holds in the shape of CloudFormation."""

import json

from botocore.exceptions import ClientError

from clients import maybe, pages, tags


class Gone(Exception):
    """The resource is not there."""


def get(here, asked):
    kind, identifier = asked["TypeName"], asked["Identifier"]
    if kind not in TYPES:
        return error("UnsupportedActionException", f"Resource type {kind} does not support READ action")
    try:
        properties = clean(TYPES[kind][0](here, identifier))
    except (Gone, ClientError, IndexError, KeyError) as problem:
        return error("ResourceNotFoundException", f"{kind} {identifier} is not there: {problem!r}")
    description = {"Identifier": identifier, "Properties": json.dumps(properties, default=str)}
    return 200, {"TypeName": kind, "ResourceDescription": description}


def list_resources(here, asked):
    kind = asked["TypeName"]
    if kind not in TYPES:
        return error("UnsupportedActionException", f"Resource type {kind} does not support LIST action")
    found = [{"Identifier": it, "Properties": json.dumps({})} for it in TYPES[kind][1](here)]
    return 200, {"TypeName": kind, "ResourceDescriptions": found}


def error(code, message):
    return 400, {"__type": f"com.amazonaws.cloudcontrol#{code}", "Message": message}


def clean(value):
    """Without what is not set."""
    if isinstance(value, dict):
        return {key: clean(it) for key, it in value.items() if it is not None}
    return [clean(it) for it in value] if isinstance(value, list) else value


def pairs(labels):
    return [{"Key": key, "Value": value} for key, value in sorted(tags(labels).items())] or None


def bucket(here, name):
    s3 = here.client("s3")
    s3.head_bucket(Bucket=name)
    if (s3.get_bucket_location(Bucket=name).get("LocationConstraint") or "us-east-1") != here.region:
        raise Gone(name)
    rules = maybe(s3.get_bucket_encryption, "ServerSideEncryptionConfiguration", "Rules", Bucket=name)
    status = s3.get_bucket_versioning(Bucket=name).get("Status")
    encryption = [
        {
            "ServerSideEncryptionByDefault": it.get("ApplyServerSideEncryptionByDefault"),
            "BucketKeyEnabled": it.get("BucketKeyEnabled", False),
        }
        for it in rules or []
    ]
    return {
        "BucketName": name,
        "Arn": f"arn:aws:s3:::{name}",
        "VersioningConfiguration": {"Status": status} if status else None,
        "PublicAccessBlockConfiguration": maybe(
            s3.get_public_access_block, "PublicAccessBlockConfiguration", Bucket=name
        ),
        "BucketEncryption": {"ServerSideEncryptionConfiguration": encryption} if encryption else None,
        "LifecycleConfiguration": lifecycle(
            maybe(s3.get_bucket_lifecycle_configuration, "Rules", Bucket=name)
        ),
        "Tags": pairs(maybe(s3.get_bucket_tagging, "TagSet", Bucket=name)),
    }


def lifecycle(rules):
    if not rules:
        return None
    shaped = []
    for rule in rules:
        expiration = rule.get("Expiration", {})
        shaped.append(
            {
                "Id": rule.get("ID"),
                "Status": rule["Status"],
                "Prefix": rule.get("Filter", {}).get("Prefix") or rule.get("Prefix"),
                "ExpirationInDays": expiration.get("Days"),
            }
        )
    return {"Rules": shaped}


def bucket_policy(here, name):
    policy = maybe(here.client("s3").get_bucket_policy, "Policy", Bucket=name)
    if policy is None:
        raise Gone(name)
    return {"Bucket": name, "PolicyDocument": json.loads(policy)}


def topic_policy(here, arn):
    attributes = here.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    return {"TopicArn": arn, "PolicyDocument": json.loads(attributes["Policy"])}


def queue_policy(here, url):
    attributes = here.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    return {"Queue": url, "PolicyDocument": json.loads(attributes["Policy"])}


def buckets(here):
    s3 = here.client("s3")
    for it in s3.list_buckets()["Buckets"]:
        if (
            s3.get_bucket_location(Bucket=it["Name"]).get("LocationConstraint") or "us-east-1"
        ) == here.region:
            yield it["Name"]


def role(here, name):
    iam = here.client("iam")
    it = iam.get_role(RoleName=name)["Role"]
    inline = [
        iam.get_role_policy(RoleName=name, PolicyName=one)
        for one in pages(iam, "list_role_policies", "PolicyNames", RoleName=name)
    ]
    attached = pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)
    return {
        "RoleName": name,
        "Arn": it["Arn"],
        "RoleId": it["RoleId"],
        "Path": it["Path"],
        "Description": it.get("Description") or None,
        "MaxSessionDuration": it.get("MaxSessionDuration", 3600),
        "AssumeRolePolicyDocument": it["AssumeRolePolicyDocument"],
        "ManagedPolicyArns": [one["PolicyArn"] for one in attached] or None,
        "Policies": [
            {"PolicyName": one["PolicyName"], "PolicyDocument": one["PolicyDocument"]} for one in inline
        ]
        or None,
        "Tags": pairs(iam.list_role_tags(RoleName=name)["Tags"]),
    }


def rules(permissions):
    """One entry for each range, as CloudFormation has them."""
    for it in permissions:
        common = {"IpProtocol": it["IpProtocol"], "FromPort": it.get("FromPort"), "ToPort": it.get("ToPort")}
        for one in it.get("IpRanges", []):
            yield common | {"CidrIp": one["CidrIp"], "Description": one.get("Description")}
        for one in it.get("Ipv6Ranges", []):
            yield common | {"CidrIpv6": one["CidrIpv6"], "Description": one.get("Description")}
        for one in it.get("UserIdGroupPairs", []):
            yield common | {
                "SourceSecurityGroupId": one["GroupId"],
                "SourceSecurityGroupOwnerId": one.get("UserId"),
            }


def security_group(here, identifier):
    it = here.client("ec2").describe_security_groups(GroupIds=[identifier])["SecurityGroups"][0]
    return {
        "Id": identifier,
        "GroupId": identifier,
        "GroupName": it["GroupName"],
        "GroupDescription": it["Description"],
        "VpcId": it.get("VpcId"),
        "SecurityGroupIngress": list(rules(it["IpPermissions"])) or None,
        "SecurityGroupEgress": list(rules(it["IpPermissionsEgress"])) or None,
        "Tags": pairs(it.get("Tags")),
    }


def security_group_rule(here, identifier):
    it = here.client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[identifier])["SecurityGroupRules"][0]
    return {
        "Id": identifier,
        "GroupId": it["GroupId"],
        "IpProtocol": it["IpProtocol"],
        "FromPort": it["FromPort"],
        "ToPort": it["ToPort"],
        "CidrIp": it.get("CidrIpv4"),
        "Description": it.get("Description"),
    }


def vpc(here, identifier):
    ec2 = here.client("ec2")
    it = ec2.describe_vpcs(VpcIds=[identifier])["Vpcs"][0]
    attribute = lambda name, key: ec2.describe_vpc_attribute(VpcId=identifier, Attribute=name)[key]["Value"]
    return {
        "VpcId": identifier,
        "CidrBlock": it["CidrBlock"],
        "InstanceTenancy": it["InstanceTenancy"],
        "EnableDnsHostnames": attribute("enableDnsHostnames", "EnableDnsHostnames"),
        "EnableDnsSupport": attribute("enableDnsSupport", "EnableDnsSupport"),
        "Tags": pairs(it.get("Tags")),
    }


def subnet(here, identifier):
    it = here.client("ec2").describe_subnets(SubnetIds=[identifier])["Subnets"][0]
    return {
        "SubnetId": identifier,
        "VpcId": it["VpcId"],
        "CidrBlock": it["CidrBlock"],
        "AvailabilityZone": it["AvailabilityZone"],
        "MapPublicIpOnLaunch": it["MapPublicIpOnLaunch"],
        "Tags": pairs(it.get("Tags")),
    }


def instance(here, identifier):
    it = here.client("ec2").describe_instances(InstanceIds=[identifier])["Reservations"][0]["Instances"][0]
    if it["State"]["Name"] in ("terminated", "shutting-down"):
        raise Gone(identifier)
    return {
        "InstanceId": identifier,
        "ImageId": it["ImageId"],
        "InstanceType": it["InstanceType"],
        "SubnetId": it.get("SubnetId"),
        "SecurityGroupIds": [one["GroupId"] for one in it["SecurityGroups"]] or None,
        "EbsOptimized": it.get("EbsOptimized"),
        "Tags": pairs(it.get("Tags")),
    }


def topic(here, arn):
    sns = here.client("sns")
    it = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    return {
        "TopicArn": arn,
        "TopicName": arn.rpartition(":")[2],
        "DisplayName": it.get("DisplayName") or None,
        "KmsMasterKeyId": it.get("KmsMasterKeyId"),
        "Subscription": [{"Endpoint": one["Endpoint"], "Protocol": one["Protocol"]} for one in subscriptions]
        or None,
        "Tags": pairs(sns.list_tags_for_resource(ResourceArn=arn)["Tags"]),
    }


def queue(here, url):
    sqs = here.client("sqs")
    it = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    numbers = [
        "DelaySeconds",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "ReceiveMessageWaitTimeSeconds",
        "VisibilityTimeout",
    ]
    return {
        "QueueUrl": url,
        "QueueName": url.rpartition("/")[2],
        "Arn": it["QueueArn"],
        "RedrivePolicy": json.loads(it["RedrivePolicy"]) if "RedrivePolicy" in it else None,
        "KmsMasterKeyId": it.get("KmsMasterKeyId"),
        "SqsManagedSseEnabled": {"true": True, "false": False}.get(it.get("SqsManagedSseEnabled")),
        "Tags": pairs(sqs.list_queue_tags(QueueUrl=url).get("Tags")),
    } | {name: int(it[name]) for name in numbers if name in it}


def table(here, name):
    dynamodb = here.client("dynamodb")
    it = dynamodb.describe_table(TableName=name)["Table"]
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    mode = it.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    units = it["ProvisionedThroughput"]
    throughput = {key: units[key] for key in ("ReadCapacityUnits", "WriteCapacityUnits")}
    return {
        "TableName": name,
        "Arn": it["TableArn"],
        "AttributeDefinitions": it["AttributeDefinitions"],
        "KeySchema": it["KeySchema"],
        "BillingMode": mode,
        "ProvisionedThroughput": throughput if mode == "PROVISIONED" else None,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": recovery},
        "SSESpecification": (
            {"SSEEnabled": True} if it.get("SSEDescription", {}).get("Status") == "ENABLED" else None
        ),
        "Tags": pairs(dynamodb.list_tags_of_resource(ResourceArn=it["TableArn"])["Tags"]),
    }


def function(here, name):
    it = here.client("lambda").get_function(FunctionName=name)
    setup = it["Configuration"]
    variables = setup.get("Environment", {}).get("Variables")
    return {
        "FunctionName": name,
        "Arn": setup["FunctionArn"],
        "Handler": setup.get("Handler"),
        "Runtime": setup.get("Runtime"),
        "Role": setup["Role"],
        "MemorySize": setup["MemorySize"],
        "Timeout": setup["Timeout"],
        "Description": setup.get("Description") or None,
        "Environment": {"Variables": variables} if variables else None,
        "Tags": pairs(it.get("Tags")),
    }


def permission(here, identifier):
    name, _, sid = identifier.partition("|")
    policy = json.loads(here.client("lambda").get_policy(FunctionName=name)["Policy"])
    it = [one for one in policy["Statement"] if one["Sid"] == sid][0]
    principal = it["Principal"]
    return {
        "Id": sid,
        "FunctionName": it["Resource"],
        "Action": it["Action"],
        "Principal": [*principal.values()][0] if isinstance(principal, dict) else principal,
    }


def log_group(here, name):
    logs = here.client("logs")
    groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    it = [one for one in groups if one["logGroupName"] == name][0]
    return {
        "LogGroupName": name,
        "Arn": it["arn"],
        "RetentionInDays": it.get("retentionInDays"),
        "KmsKeyId": it.get("kmsKeyId"),
        "Tags": pairs(logs.list_tags_log_group(logGroupName=name)["tags"]),
    }


def key(here, identifier):
    kms = here.client("kms")
    it = kms.describe_key(KeyId=identifier)["KeyMetadata"]
    if it["KeyState"] == "PendingDeletion":
        raise Gone(identifier)
    return {
        "KeyId": identifier,
        "Arn": it["Arn"],
        "Description": it["Description"],
        "Enabled": it["Enabled"],
        "EnableKeyRotation": maybe(kms.get_key_rotation_status, "KeyRotationEnabled", KeyId=identifier),
        "KeyPolicy": json.loads(kms.get_key_policy(KeyId=identifier, PolicyName="default")["Policy"]),
        "KeySpec": it.get("KeySpec"),
        "KeyUsage": it.get("KeyUsage"),
        "Tags": pairs(kms.list_resource_tags(KeyId=identifier)["Tags"]),
    }


def database(here, identifier):
    it = here.client("rds").describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
    same = [
        "DBInstanceClass",
        "Engine",
        "EngineVersion",
        "BackupRetentionPeriod",
        "PubliclyAccessible",
        "StorageEncrypted",
    ]
    return {
        name: it.get(name)
        for name in same + ["MultiAZ", "DeletionProtection", "MasterUsername", "StorageType"]
    } | {
        "DBInstanceIdentifier": identifier,
        "DBInstanceArn": it["DBInstanceArn"],
        "AllocatedStorage": str(it["AllocatedStorage"]),
        "Tags": pairs(it.get("TagList")),
    }


def repository(here, name):
    ecr = here.client("ecr")
    it = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    return {
        "RepositoryName": name,
        "Arn": it["repositoryArn"],
        "ImageTagMutability": it.get("imageTagMutability"),
        "ImageScanningConfiguration": {
            "ScanOnPush": it.get("imageScanningConfiguration", {}).get("scanOnPush", False)
        },
        "EncryptionConfiguration": {
            "EncryptionType": it.get("encryptionConfiguration", {}).get("encryptionType", "AES256")
        },
        "Tags": pairs(ecr.list_tags_for_resource(resourceArn=it["repositoryArn"])["tags"]),
    }


def parameter(here, name):
    ssm = here.client("ssm")
    it = ssm.get_parameter(Name=name)["Parameter"]
    labels = tags(ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"])
    return {
        "Name": name,
        "Type": it["Type"],
        "Value": it["Value"],
        "DataType": it["DataType"],
        "Tags": labels or None,
    }


def cluster(here, name):
    found = here.client("ecs").describe_clusters(clusters=[name], include=["TAGS", "SETTINGS"])["clusters"]
    it = [one for one in found if one["status"] == "ACTIVE"][0]
    settings = [{"Name": one["name"], "Value": one["value"]} for one in it.get("settings", [])]
    return {
        "ClusterName": it["clusterName"],
        "Arn": it["clusterArn"],
        "ClusterSettings": settings or None,
        "CapacityProviders": it.get("capacityProviders") or None,
        "Tags": pairs(it.get("tags")),
    }


def ids(service, operation, list_key, id_key=None):
    """Lists a type by the ids in what a service describes."""

    def read(here):
        for it in pages(here.client(service), operation, list_key):
            for inner in it["Instances"] if list_key == "Reservations" else [it]:
                yield (
                    inner[id_key]
                    if id_key
                    else inner.rpartition("cluster/")[2] if "cluster/" in inner else inner
                )

    return read


TYPES = {
    "AWS::DynamoDB::Table": (table, ids("dynamodb", "list_tables", "TableNames")),
    "AWS::EC2::Instance": (instance, ids("ec2", "describe_instances", "Reservations", "InstanceId")),
    "AWS::EC2::SecurityGroup": (
        security_group,
        ids("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    ),
    "AWS::EC2::SecurityGroupIngress": (
        security_group_rule,
        ids("ec2", "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"),
    ),
    "AWS::EC2::Subnet": (subnet, ids("ec2", "describe_subnets", "Subnets", "SubnetId")),
    "AWS::EC2::VPC": (vpc, ids("ec2", "describe_vpcs", "Vpcs", "VpcId")),
    "AWS::ECR::Repository": (
        repository,
        ids("ecr", "describe_repositories", "repositories", "repositoryName"),
    ),
    "AWS::ECS::Cluster": (cluster, ids("ecs", "list_clusters", "clusterArns")),
    "AWS::IAM::Role": (role, ids("iam", "list_roles", "Roles", "RoleName")),
    "AWS::KMS::Key": (key, ids("kms", "list_keys", "Keys", "KeyId")),
    "AWS::Lambda::Function": (function, ids("lambda", "list_functions", "Functions", "FunctionName")),
    "AWS::Lambda::Permission": (permission, lambda here: []),
    "AWS::Logs::LogGroup": (log_group, ids("logs", "describe_log_groups", "logGroups", "logGroupName")),
    "AWS::RDS::DBInstance": (
        database,
        ids("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    ),
    "AWS::S3::Bucket": (bucket, buckets),
    "AWS::S3::BucketPolicy": (bucket_policy, buckets),
    "AWS::SNS::TopicInlinePolicy": (topic_policy, lambda here: []),
    "AWS::SQS::QueueInlinePolicy": (queue_policy, lambda here: []),
    "AWS::SNS::Topic": (topic, ids("sns", "list_topics", "Topics", "TopicArn")),
    "AWS::SQS::Queue": (queue, ids("sqs", "list_queues", "QueueUrls")),
    "AWS::SSM::Parameter": (parameter, ids("ssm", "describe_parameters", "Parameters", "Name")),
}
