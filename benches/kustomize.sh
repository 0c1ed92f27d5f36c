#!/usr/bin/env bash
# How much of a folder is rendered as Kustomize renders it, and how much faster.
#
#   benches/kustomize.sh [FOLDER]
#
# The reference is built with Go into target/tools. Quote the counts and the ratio, not the times.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo bench --bench kustomize -- "${1:-target/shared/bench/k8s}"
