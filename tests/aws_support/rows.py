"""Advanced queries of AWS Config, answered from what moto holds, in the shape AWS Config has.

Most configurations are what the service describes, in lower camel case; those of some types are AWS Config's own.
"""

import json
import urllib.parse

import clients
from clients import elsewhere, maybe, pages, tags


def select(here, asked):
    return page((here.account, here.region), lambda: found(here), asked)


def select_aggregate(aggregated, asked):
    def everywhere():
        places = [(account, region) for account in aggregated["accounts"] for region in aggregated["regions"]]
        return [row for it in places if [*it] not in aggregated["failed"] for row in found(elsewhere(*it))]

    return page("aggregate", everywhere, asked)


def discovered(here, asked):
    """The ids of one type."""
    kind = asked["resourceType"]
    same = [row for row in found(here) if row["resourceType"] == kind]
    return 200, {
        "resourceIdentifiers": [
            {key: row[key] for key in ("resourceType", "resourceId", "resourceName")} for row in same
        ]
    }


def counts(here, asked):
    """How many there are of each type."""
    found_counts = {}
    for row in found(here):
        found_counts[row["resourceType"]] = found_counts.get(row["resourceType"], 0) + 1
    counted = [{"resourceType": kind, "count": count} for kind, count in sorted(found_counts.items())]
    return 200, {"totalDiscoveredResources": sum(found_counts.values()), "resourceCounts": counted}


def batch(here, asked):
    """Items as the API spells them, which leaves tags out."""
    keys = [(key["resourceType"], key["resourceId"]) for key in asked["resourceKeys"]]
    items = []
    for row in found(here):
        if (row["resourceType"], row["resourceId"]) in keys:
            del row["tags"]
            row["configuration"] = json.dumps(row["configuration"], default=str)
            supplementary = row["supplementaryConfiguration"]
            row["supplementaryConfiguration"] = {
                key: json.dumps(value, default=str) for key, value in supplementary.items()
            }
            items.append(row | {"configurationItemCaptureTime": 1767323045.678})
    return 200, {"baseConfigurationItems": items, "unprocessedResourceKeys": []}


def sources(aggregated):
    statuses = []
    for account in aggregated["accounts"]:
        for region in aggregated["regions"]:
            status = {
                "SourceId": account,
                "SourceType": "ACCOUNT",
                "AwsRegion": region,
                "LastUpdateStatus": "SUCCEEDED",
            }
            if [account, region] in aggregated["failed"]:
                status |= {"LastUpdateStatus": "FAILED", "LastErrorCode": "AccessDenied"}
            statuses.append(status)
    return 200, {"AggregatedSourceStatusList": statuses}


def page(place, read, asked):
    """A page of rows, which are read once for all pages."""
    start = int(asked.get("NextToken") or 0)
    if not start or place not in READ:
        READ[place] = [json.dumps(row, default=str) for row in read()]
    end = start + asked.get("Limit", 25)
    answer = {"Results": READ[place][start:end]}
    return 200, answer | ({"NextToken": str(end)} if end < len(READ[place]) else {})


READ = {}


def found(here):
    """Everything that is recorded; of services that were never used nothing, so that they need not be loaded."""
    recorders = here.client("config").describe_configuration_recorders()["ConfigurationRecorders"]
    return [
        row
        for service, read in TYPES
        if clients.is_used(service)
        for row in read(here)
        if recorders and recorded(recorders[0], row["resourceType"])
    ]


def recorded(recorder, kind):
    group = recorder.get("recordingGroup", {})
    strategy = group.get("recordingStrategy", {}).get("useOnly")
    if strategy == "EXCLUSION_BY_RESOURCE_TYPES":
        return kind not in group["exclusionByResourceTypes"]["resourceTypes"]
    if group.get("allSupported"):
        return group.get("includeGlobalResourceTypes") or not kind.startswith("AWS::IAM::")
    return kind in group.get("resourceTypes", [])


def row(here, kind, resource, name, arn, labels, configuration, supplementary=None):
    is_global = kind.startswith("AWS::IAM::")
    return {
        "accountId": here.account,
        "arn": arn,
        "awsRegion": "global" if is_global else here.region,
        "configuration": camel(configuration),
        "configurationItemCaptureTime": "2026-01-02T03:04:05.678Z",
        "configurationItemStatus": "OK",
        "resourceId": resource,
        "resourceName": name,
        "resourceType": kind,
        "supplementaryConfiguration": {k: v for k, v in (supplementary or {}).items() if v is not None},
        "tags": [
            {"key": key, "tag": f"{key}={value}", "value": value} for key, value in tags(labels).items()
        ],
    }


def camel(value):
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: camel(it) for key, it in value.items()}
    return [camel(it) for it in value] if isinstance(value, list) else value


def quoted(document):
    return urllib.parse.quote(json.dumps(document))


def buckets(here):
    s3 = here.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        if (s3.get_bucket_location(Bucket=name).get("LocationConstraint") or "us-east-1") != here.region:
            continue
        block = maybe(s3.get_public_access_block, "PublicAccessBlockConfiguration", Bucket=name)
        rules = maybe(s3.get_bucket_encryption, "ServerSideEncryptionConfiguration", "Rules", Bucket=name)
        versioning = s3.get_bucket_versioning(Bucket=name)
        labels = maybe(s3.get_bucket_tagging, "TagSet", Bucket=name)
        supplementary = {
            "BucketPolicy": {"policyText": maybe(s3.get_bucket_policy, "Policy", Bucket=name)},
            "BucketVersioningConfiguration": {
                "status": versioning.get("Status", "Off"),
                "isMfaDeleteEnabled": None,
            },
            "PublicAccessBlockConfiguration": camel(block) if block else None,
            "ServerSideEncryptionConfiguration": {"rules": camel(rules)} if rules else None,
            "BucketTaggingConfiguration": {"tagSets": [{"tags": tags(labels)}]} if labels else None,
        }
        configuration = {"name": name, "creationDate": bucket["CreationDate"]}
        yield row(
            here, "AWS::S3::Bucket", name, name, f"arn:aws:s3:::{name}", labels, configuration, supplementary
        )


def roles(here):
    iam = here.client("iam")
    for role in pages(iam, "list_roles", "Roles"):
        name = role["RoleName"]
        inline = [
            iam.get_role_policy(RoleName=name, PolicyName=it)
            for it in pages(iam, "list_role_policies", "PolicyNames", RoleName=name)
        ]
        role["AssumeRolePolicyDocument"] = quoted(role["AssumeRolePolicyDocument"])
        role["RolePolicyList"] = [
            {"PolicyName": it["PolicyName"], "PolicyDocument": quoted(it["PolicyDocument"])} for it in inline
        ]
        role["AttachedManagedPolicies"] = pages(
            iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name
        )
        role["Tags"] = iam.list_role_tags(RoleName=name)["Tags"]
        yield row(here, "AWS::IAM::Role", role["RoleId"], name, role["Arn"], role["Tags"], role)


def policies(here):
    iam = here.client("iam")
    for policy in pages(iam, "list_policies", "Policies", Scope="Local"):
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])[
            "PolicyVersion"
        ]
        policy["PolicyVersionList"] = [version | {"Document": quoted(version["Document"])}]
        labels = iam.get_policy(PolicyArn=policy["Arn"])["Policy"].get("Tags")
        yield row(
            here, "AWS::IAM::Policy", policy["PolicyId"], policy["PolicyName"], policy["Arn"], labels, policy
        )


def ec2(kind, operation, key, id_key, arn_part, name_key=None):
    def read(here):
        for it in pages(here.client("ec2"), operation, key):
            for inner in it["Instances"] if key == "Reservations" else [it]:
                resource = inner[id_key]
                arn = f"arn:aws:ec2:{here.region}:{here.account}:{arn_part}/{resource}"
                yield row(here, kind, resource, inner.get(name_key), arn, inner.get("Tags"), inner)

    return read


def security_groups(here):
    for it in pages(here.client("ec2"), "describe_security_groups", "SecurityGroups"):
        for rule in it["IpPermissions"] + it["IpPermissionsEgress"]:
            ranges = rule.pop("IpRanges", [])
            rule |= {"Ipv4Ranges": ranges, "ipRanges": [one["CidrIp"] for one in ranges]}
        resource = it["GroupId"]
        arn = f"arn:aws:ec2:{here.region}:{here.account}:security-group/{resource}"
        yield row(here, "AWS::EC2::SecurityGroup", resource, it["GroupName"], arn, it.get("Tags"), it)


def topics(here):
    sns = here.client("sns")
    for it in pages(sns, "list_topics", "Topics"):
        arn = it["TopicArn"]
        attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        labels = sns.list_tags_for_resource(ResourceArn=arn)["Tags"]
        item = row(here, "AWS::SNS::Topic", arn, arn.rpartition(":")[2], arn, labels, {})
        yield item | {"configuration": attributes}


def queues(here):
    sqs = here.client("sqs")
    for url in pages(sqs, "list_queues", "QueueUrls"):
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        labels = sqs.list_queue_tags(QueueUrl=url).get("Tags")
        item = row(here, "AWS::SQS::Queue", url, url.rpartition("/")[2], attributes["QueueArn"], labels, {})
        yield item | {"configuration": attributes}


def tables(here):
    dynamodb = here.client("dynamodb")
    for name in pages(dynamodb, "list_tables", "TableNames"):
        table = dynamodb.describe_table(TableName=name)["Table"]
        labels = dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
        backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        yield row(
            here,
            "AWS::DynamoDB::Table",
            name,
            name,
            table["TableArn"],
            labels,
            table,
            {"ContinuousBackupsDescription": camel(backups)},
        )


def functions(here):
    for it in pages(here.client("lambda"), "list_functions", "Functions"):
        labels = here.client("lambda").list_tags(Resource=it["FunctionArn"])["Tags"]
        yield row(
            here,
            "AWS::Lambda::Function",
            it["FunctionName"],
            it["FunctionName"],
            it["FunctionArn"],
            labels,
            it,
            {"Policy": maybe(here.client("lambda").get_policy, "Policy", FunctionName=it["FunctionName"])},
        )


def keys(here):
    kms = here.client("kms")
    for it in pages(kms, "list_keys", "Keys"):
        key = kms.describe_key(KeyId=it["KeyId"])["KeyMetadata"]
        rotation = maybe(kms.get_key_rotation_status, "KeyRotationEnabled", KeyId=it["KeyId"])
        labels = kms.list_resource_tags(KeyId=it["KeyId"])["Tags"]
        yield row(
            here,
            "AWS::KMS::Key",
            it["KeyId"],
            None,
            key["Arn"],
            labels,
            key,
            {"KeyRotationStatus": {"keyRotationEnabled": rotation}},
        )


def databases(here):
    for it in pages(here.client("rds"), "describe_db_instances", "DBInstances"):
        configuration = {key[:1].lower() + key[1:]: value for key, value in it.items()}
        yield row(
            here,
            "AWS::RDS::DBInstance",
            it["DbiResourceId"],
            it["DBInstanceIdentifier"],
            it["DBInstanceArn"],
            it.get("TagList"),
            configuration,
        )


def repositories(here):
    for it in pages(here.client("ecr"), "describe_repositories", "repositories"):
        labels = here.client("ecr").list_tags_for_resource(resourceArn=it["repositoryArn"])["tags"]
        item = row(
            here,
            "AWS::ECR::Repository",
            it["repositoryName"],
            it["repositoryName"],
            it["repositoryArn"],
            labels,
            {},
        )
        yield item | {"configuration": {"RepositoryName": it["repositoryName"], "Arn": it["repositoryArn"]}}


def clusters(here):
    ecs = here.client("ecs")
    arns = pages(ecs, "list_clusters", "clusterArns")
    for it in ecs.describe_clusters(clusters=arns, include=["TAGS"])["clusters"] if arns else []:
        item = row(
            here,
            "AWS::ECS::Cluster",
            it["clusterArn"],
            it["clusterName"],
            it["clusterArn"],
            it.get("tags"),
            {},
        )
        yield item | {"configuration": {"ClusterName": it["clusterName"], "Arn": it["clusterArn"]}}


TYPES = [
    ("s3", buckets),
    ("ecs", clusters),
    ("rds", databases),
    ("ec2", ec2("AWS::EC2::Instance", "describe_instances", "Reservations", "InstanceId", "instance")),
    (
        "ec2",
        ec2(
            "AWS::EC2::InternetGateway",
            "describe_internet_gateways",
            "InternetGateways",
            "InternetGatewayId",
            "internet-gateway",
        ),
    ),
    (
        "ec2",
        ec2("AWS::EC2::NetworkAcl", "describe_network_acls", "NetworkAcls", "NetworkAclId", "network-acl"),
    ),
    (
        "ec2",
        ec2(
            "AWS::EC2::NetworkInterface",
            "describe_network_interfaces",
            "NetworkInterfaces",
            "NetworkInterfaceId",
            "network-interface",
        ),
    ),
    (
        "ec2",
        ec2("AWS::EC2::RouteTable", "describe_route_tables", "RouteTables", "RouteTableId", "route-table"),
    ),
    ("ec2", ec2("AWS::EC2::Subnet", "describe_subnets", "Subnets", "SubnetId", "subnet")),
    ("ec2", ec2("AWS::EC2::Volume", "describe_volumes", "Volumes", "VolumeId", "volume")),
    ("ec2", ec2("AWS::EC2::VPC", "describe_vpcs", "Vpcs", "VpcId", "vpc")),
    ("lambda", functions),
    ("kms", keys),
    ("iam", policies),
    ("sqs", queues),
    ("ecr", repositories),
    ("iam", roles),
    ("ec2", security_groups),
    ("dynamodb", tables),
    ("sns", topics),
]
