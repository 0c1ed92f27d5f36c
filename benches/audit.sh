#!/usr/bin/env bash
# Audits a dump of 50,000 live objects against 5,000 declared ones: time, MB/s of dump on one core, and
# peak memory. What it makes is kept in target/bench-audit.
#
#   benches/audit.sh [LIVE] [DECLARED]
set -euo pipefail
cd "$(dirname "$0")/.."
live=${1:-50000}
declared=${2:-5000}

cargo build --release --quiet
folder=target/bench-audit
mkdir -p "$folder/git"

awk -v count="$declared" 'BEGIN {
    for (i = 0; i < count; i++) {
        file = "'"$folder"'/git/" int(i / 100) ".yaml"
        printf "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-%d\n  namespace: team-%d\n" \
            "spec:\n  replicas: 2\n  selector: {matchLabels: {app: web-%d}}\n  template:\n    metadata:\n" \
            "      labels: {app: web-%d}\n    spec:\n      containers:\n      - name: web\n" \
            "        image: registry.example.com/web:%d\n        resources: {limits: {cpu: 1000m, memory: 1Gi}}\n" \
            "        env:\n        - {name: STAGE, value: prod}\n", i, i % 100, i, i, i % 7 > file
    }
}'

# As kubectl prints them: managedFields, the last applied configuration and a status, about 10 KB each.
[ -s "$folder/live-$live.json" ] || awk -v count="$live" -v declared="$declared" 'BEGIN {
    fields = ""
    for (i = 0; i < 60; i++) fields = fields sprintf("                            \"f:field%d\": {},\n", i)
    note = ""
    for (i = 0; i < 40; i++) note = note sprintf("\\\"field%d\\\":\\\"value %d\\\",", i, i)
    conditions = ""
    for (i = 0; i < 12; i++) conditions = conditions sprintf("                    {\n                        \"lastTransitionTime\": \"2026-01-01T00:00:00Z\",\n                        \"message\": \"ReplicaSet has successfully progressed and is available.\",\n                        \"status\": \"True\",\n                        \"type\": \"Condition%d\"\n                    }%s\n", i, i < 11 ? "," : "")
    printf "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n"
    for (i = 0; i < count; i++) {
        printf "        {\n            \"apiVersion\": \"apps/v1\",\n            \"kind\": \"Deployment\",\n            \"metadata\": {\n                \"annotations\": {\n                    \"kubectl.kubernetes.io/last-applied-configuration\": \"{%s\\\"kind\\\":\\\"Deployment\\\"}\"\n                },\n                \"creationTimestamp\": \"2026-01-01T00:00:00Z\",\n                \"labels\": {\"kustomize.toolkit.fluxcd.io/name\": \"apps\", \"kustomize.toolkit.fluxcd.io/namespace\": \"flux-system\"},\n                \"managedFields\": [\n                    {\n                        \"apiVersion\": \"apps/v1\",\n                        \"fieldsType\": \"FieldsV1\",\n                        \"fieldsV1\": {\n                            \"f:spec\": {\n%s                            \"f:replicas\": {}}\n                        },\n                        \"manager\": \"kustomize-controller\",\n                        \"operation\": \"Apply\",\n                        \"time\": \"2026-01-01T00:00:00Z\"\n                    }\n                ],\n                \"name\": \"web-%d\",\n                \"namespace\": \"team-%d\",\n                \"uid\": \"00000000-0000-0000-0000-%012d\"\n            },\n", note, fields, i, i % 100, i
        printf "            \"spec\": {\"replicas\": %d, \"selector\": {\"matchLabels\": {\"app\": \"web-%d\"}}, \"template\": {\"metadata\": {\"labels\": {\"app\": \"web-%d\"}}, \"spec\": {\"containers\": [{\"name\": \"web\", \"image\": \"registry.example.com/web:%d\", \"imagePullPolicy\": \"IfNotPresent\", \"resources\": {\"limits\": {\"cpu\": \"1\", \"memory\": \"1Gi\"}}, \"env\": [{\"name\": \"STAGE\", \"value\": \"prod\"}]}], \"restartPolicy\": \"Always\"}}},\n            \"status\": {\n                \"conditions\": [\n%s                ]\n            }\n        }%s\n", i % 50 == 0 ? 5 : 2, i, i, i % 7, conditions, i < count - 1 ? "," : ""
    }
    printf "    ],\n    \"kind\": \"List\",\n    \"metadata\": {\"resourceVersion\": \"\"}\n}\n"
}' >"$folder/live-$live.json"

size=$(stat -c %s "$folder/live-$live.json")
echo "$((size / 1000000)) MB of dump, $((size / live)) bytes an object, $live live, $declared declared"
for run in 1 2 3; do
    taskset -c 0 /usr/bin/env time -f "%e %M" -o "$folder/time" \
        target/release/trueup audit "$folder/git" --live "$folder/live-$live.json" --jobs 1 --no-config \
        --format json="$folder/report.json" --exit-zero || [ $? = 3 ]
    read -r seconds kilobytes < <(tail -1 "$folder/time")
    awk -v s="$seconds" -v k="$kilobytes" -v b="$size" -v r="$run" \
        'BEGIN { printf "run %d: %.2f s, %.0f MB/s, peak %.0f MiB\n", r, s, b / s / 1e6, k / 1024 }'
done
