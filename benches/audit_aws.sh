#!/usr/bin/env bash
# Audits a snapshot of AWS Config with 10,000 items against 200 templates on one core: time and peak memory.
# What it makes is kept in target/bench-audit-aws.
#
#   benches/audit_aws.sh [ITEMS] [TEMPLATES]
set -euo pipefail
cd "$(dirname "$0")/.."
items=${1:-10000}
templates=${2:-200}

cargo build --release --quiet
folder=target/bench-audit-aws
rm -rf "$folder"
mkdir -p "$folder/git"
awk -v items="$items" -v templates="$templates" -v folder="$folder" 'BEGIN {
    account = "123456789012"; region = "eu-west-1"
    config = folder "/git/trueup.yaml"
    printf "version: 1\nrepo: {role: infra}\naudit:\n  aws:\n    stacks:\n" > config
    each = int(items / templates / 2)
    snapshot = folder "/snapshot.json"
    printf "{\"fileVersion\":\"1.0\",\"configSnapshotId\":\"x\",\"configurationItems\":[\n" > snapshot
    head = "{\"awsAccountId\":\"" account "\",\"awsRegion\":\"" region "\",\"configurationItemStatus\":\"OK\",\"configurationItemCaptureTime\":\"2026-11-24T02:00:00.000Z\",\"resourceCreationTime\":\"2026-01-01T02:00:00.000Z\",\"relationships\":[],"
    for (t = 0; t < templates; t++) {
        printf "    - {name: stack-%d, template: stack-%d.yaml, account: \"%s\", region: %s}\n", t, t, account, region > config
        file = folder "/git/stack-" t ".yaml"
        printf "AWSTemplateFormatVersion: \"2010-09-09\"\nResources:\n" > file
        for (i = 0; i < each; i++) {
            n = t "-" i
            printf "  Bucket%d:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: !Sub \"${AWS::StackName}-%d\"\n      VersioningConfiguration: {Status: Enabled}\n      PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}\n      Tags:\n      - {Key: Owner, Value: team}\n", i, i > file
            printf "  Queue%d:\n    Type: AWS::SQS::Queue\n    Properties: {QueueName: q-%s, VisibilityTimeout: 60}\n", i, n > file
            printf "%s\"resourceType\":\"AWS::S3::Bucket\",\"resourceId\":\"stack-%s\",\"resourceName\":\"stack-%s\",\"ARN\":\"arn:aws:s3:::stack-%s\",\"tags\":{\"Owner\":\"team\"},\"configuration\":{\"name\":\"stack-%s\",\"owner\":{\"id\":\"8ac813c84b8ad4d9f3e35f80aaeb254f85922a902ce87ed6b49ccbfa188f5a12\"}},\"supplementaryConfiguration\":{\"AccessControlList\":\"{\\\"grantSet\\\":null,\\\"grantList\\\":[{\\\"grantee\\\":{\\\"id\\\":\\\"8ac813c84b8ad4d9f3e35f80aaeb254f85922a902ce87ed6b49ccbfa188f5a12\\\"},\\\"permission\\\":\\\"FullControl\\\"}]}\",\"BucketVersioningConfiguration\":{\"status\":\"%s\"},\"PublicAccessBlockConfiguration\":{\"blockPublicAcls\":true,\"ignorePublicAcls\":true,\"blockPublicPolicy\":true,\"restrictPublicBuckets\":true},\"IsRequesterPaysEnabled\":false,\"BucketNotificationConfiguration\":{\"configurations\":{}}}},\n", head, n, n, n, n, i % 50 == 7 ? "Suspended" : "Enabled" > snapshot
            last = (t == templates - 1 && i == each - 1) ? "" : ","
            printf "%s\"resourceType\":\"AWS::SQS::Queue\",\"resourceId\":\"https://sqs.%s.amazonaws.com/%s/q-%s\",\"resourceName\":\"q-%s\",\"ARN\":\"arn:aws:sqs:%s:%s:q-%s\",\"tags\":{},\"configuration\":{\"QueueName\":\"q-%s\",\"VisibilityTimeout\":\"60\",\"MessageRetentionPeriod\":\"345600\",\"DelaySeconds\":\"0\"},\"supplementaryConfiguration\":{}}%s\n", head, region, account, n, n, region, account, n, n, last > snapshot
        }
    }
    printf "]}\n" > snapshot
}'
gzip -9 -c "$folder/snapshot.json" >"$folder/snapshot.json.gz"
echo "$(stat -c %s "$folder/snapshot.json") bytes of snapshot, $items items, $templates templates"
for run in 1 2 3; do
    taskset -c 0 /usr/bin/env time -f "%e %M" -o "$folder/time" \
        target/release/trueup audit "$folder/git" --live "$folder/snapshot.json.gz" --jobs 1 \
        --format json="$folder/report.json" --exit-zero || [ $? = 3 ]
    read -r seconds kilobytes < <(tail -1 "$folder/time")
    awk -v s="$seconds" -v k="$kilobytes" -v r="$run" -v f="$(grep -o '"rule":' "$folder/report.json" | wc -l)" \
        'BEGIN { printf "run %d: %.2f s, peak %.0f MiB, %d findings\n", r, s, k / 1024, f }'
done
