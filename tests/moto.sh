#!/usr/bin/env bash
# Installs moto, which plays AWS for the tests, and prints the Python that has it.
#
#   export TRUEUP_MOTO=$(tests/moto.sh)
#
# Where TRUEUP_MOTO is set, that is used as it is. The installation takes a minute once and is kept in
# target/moto/<version>.
set -euo pipefail
cd "$(dirname "$0")/.."

moto=5.2.5

if [ -n "${TRUEUP_MOTO:-}" ]; then
    echo "$TRUEUP_MOTO"
    exit
fi
folder=$PWD/target/moto/$moto
if [ ! -e "$folder/complete" ]; then
    command -v python3 >/dev/null || { echo "error: moto needs Python 3.10 or later; or set TRUEUP_MOTO." >&2; exit 1; }
    mkdir -p "$(dirname "$folder")"
    python3 -m venv --clear "$folder" >&2
    "$folder/bin/pip" install --quiet --disable-pip-version-check "moto[server,all]==$moto" >&2
    touch "$folder/complete"
fi
echo "$folder/bin/python"
