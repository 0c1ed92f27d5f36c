#!/usr/bin/env bash
# Builds a real kube-apiserver and etcd for the tests, from Go modules, and prints the folder they are in.
#
#   export KUBEBUILDER_ASSETS=$(tests/envtest.sh)
#
# The convention of envtest: where KUBEBUILDER_ASSETS is set, that is used as it is. The build takes a few
# minutes once and is kept in target/envtest/<version>. k8s.io/kubernetes names its staging modules by
# folder, which a module's archive does not hold, so each is replaced by its published version.
set -euo pipefail
cd "$(dirname "$0")/.."

kubernetes=1.34.4
staging=0.34.4
etcd=3.6.4

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
    echo "$KUBEBUILDER_ASSETS"
    exit
fi
assets=$PWD/target/envtest/$kubernetes
if [ -x "$assets/kube-apiserver" ] && [ -x "$assets/etcd" ]; then
    echo "$assets"
    exit
fi
command -v go >/dev/null || { echo "error: building kube-apiserver needs Go; or set KUBEBUILDER_ASSETS." >&2; exit 1; }

work=$PWD/target/envtest/build
mkdir -p "$work" "$assets"
cd "$work"
mod=$(go mod download -json "k8s.io/kubernetes@v$kubernetes" | sed -n 's/.*"GoMod": "\(.*\)",/\1/p')
{
    echo "module envtest"
    sed -n '/^go [0-9]/p' "$mod"
    echo "require k8s.io/kubernetes v$kubernetes"
    echo "require go.etcd.io/etcd/server/v3 v$etcd"
    sed -n "s#^\t*\(replace \)\?\(k8s.io/[a-z-]*\) => ./staging/.*#replace \2 => \2 v$staging#p" "$mod"
} >go.mod
cat >tools.go <<'GO'
//go:build tools

package tools

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
)
GO
# The modules' sums are checked against the public checksum database, where one can be reached.
go mod tidy -e >&2
flags="-s -w -X k8s.io/component-base/version.gitVersion=v$kubernetes"
flags="$flags -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34"
export CGO_ENABLED=0
go build -trimpath -ldflags "-s -w" -o "$assets/etcd" go.etcd.io/etcd/server/v3 >&2
go build -trimpath -ldflags "$flags" -o "$assets/kube-apiserver" k8s.io/kubernetes/cmd/kube-apiserver >&2
echo "$assets"
