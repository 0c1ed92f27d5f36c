#!/usr/bin/env bash
# Builds a real helm for the tests, from its Go module, and prints the folder it is in.
#
#   export PATH=$(tests/helm.sh):$PATH
#
# A helm on the PATH is used as it is. The build takes some minutes once and is kept in target/helm.
set -euo pipefail
cd "$(dirname "$0")/.."

version=3.18.6

if found=$(command -v helm); then
    dirname "$found"
    exit
fi
folder=$PWD/target/helm
if [ ! -x "$folder/helm" ]; then
    command -v go >/dev/null || { echo "error: building helm needs Go; or put a helm on the PATH." >&2; exit 1; }
    CGO_ENABLED=0 GOBIN=$folder go install -trimpath -ldflags "-s -w" "helm.sh/helm/v3/cmd/helm@v$version" >&2
fi
echo "$folder"
