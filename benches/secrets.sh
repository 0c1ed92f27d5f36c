#!/usr/bin/env bash
# Compares how well trueup, gitleaks and detect-secrets find secrets.
#
#   benches/secrets.sh [CORPUS]
#
# Needs python3, a release build (`cargo build --release`), gitleaks 8 (Debian and others package it) and
# detect-secrets (`pip install detect-secrets`); a program that is not there is left out.
# CORPUS is a folder with `secrets/index.jsonl`, as the test secrets_corpus reads it: rows with a label, and a
# text, a line of a file, or a file. It is target/shared/corpus unless told otherwise.
#
# Every labelled row gets a folder of its own, and each program searches the whole tree once, with its default
# rules and without asking anyone whether a token is live. A row is found when a finding covers its line, or is
# anywhere in its file where it names no line.
set -euo pipefail

usage() {
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
}

here=$(cd "$(dirname "$0")" && pwd)
corpus=${1:-$here/../target/shared/corpus}
[ $# -le 1 ] && [ -f "$corpus/secrets/index.jsonl" ] || usage
trueup=${TRUEUP:-$here/../target/release/trueup}
command -v "$trueup" >/dev/null || { echo "no $trueup: run cargo build --release, or set TRUEUP" >&2; exit 2; }
trueup=$(realpath "$(command -v "$trueup")")

exec python3 - "$trueup" "${GITLEAKS:-gitleaks}" "${DETECT_SECRETS:-detect-secrets}" "$corpus" <<'PYTHON'
import json
import os
import shutil
import subprocess
import sys
import tempfile

trueup, gitleaks, detect_secrets, corpus = sys.argv[1:]


def lay_out(row, folder):
    """Writes a row as a file of its own; returns its path from `folder`."""
    name = os.path.basename(row.get("filename") or row.get("file") or "") or "text.txt"
    path = os.path.join(row["id"], name)
    target = os.path.join(folder, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if row.get("text") is not None:
        with open(target, "w", encoding="utf-8") as file:
            file.write(row["text"])
    else:
        shutil.copyfile(os.path.join(corpus, row["file"]), target)
    return os.path.normpath(path)


def printed(command, folder):
    """What a program prints; its exit code says whether it found anything, which is no failure."""
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if not run.stdout:
        sys.exit(f"{command[0]} printed nothing: {run.stderr.strip()[-300:]}")
    return json.loads(run.stdout)


def by_trueup(folder):
    command = [trueup, "lint", "--no-config", "--secrets-in", "all", "--select", "secrets", "-f", "json"]
    for found in printed(command, folder)["findings"]:
        yield found["file"], found["line"], found["endLine"]


def by_gitleaks(folder):
    # A report can only be a file.
    with tempfile.TemporaryDirectory() as aside:
        report = os.path.join(aside, "report.json")
        command = [gitleaks, "detect", "--no-git", "--no-banner", "--exit-code", "0", "-s", "."]
        run = subprocess.run([*command, "-f", "json", "-r", report], cwd=folder, capture_output=True, check=False)
        if run.returncode:
            sys.exit(f"{gitleaks} failed: {run.stderr.decode().strip()[-300:]}")
        with open(report, encoding="utf-8") as file:
            for found in json.load(file):
                yield found["File"], found["StartLine"], found["EndLine"]


def by_detect_secrets(folder):
    for file, all_found in printed([detect_secrets, "scan", "--all-files", "--no-verify", "."], folder)["results"].items():
        for found in all_found:
            yield file, found["line_number"], found["line_number"]


with open(os.path.join(corpus, "secrets/index.jsonl"), encoding="utf-8") as index:
    rows = [row for row in map(json.loads, index) if row["label"] in ("secret", "not-secret")]

with tempfile.TemporaryDirectory() as folder:
    paths = {row["id"]: lay_out(row, folder) for row in rows}
    print(f"{len(rows)} rows, {sum(row['label'] == 'secret' for row in rows)} of them secrets")
    print(f"{'':16}{'precision':>10}{'recall':>8}{'F1':>7}")
    programs = [("trueup", trueup, by_trueup), ("gitleaks", gitleaks, by_gitleaks),
                ("detect-secrets", detect_secrets, by_detect_secrets)]
    for name, program, search in programs:
        if shutil.which(program) is None:
            print(f"{name:16}{'not there':>10}")
            continue
        found = {}
        for file, first, last in search(folder):
            found.setdefault(os.path.normpath(file), []).append((first, last))
        hits = misses = alarms = 0
        for row in rows:
            places = found.get(paths[row["id"]], [])
            line = row.get("line")
            is_found = any(line is None or first <= line <= last for first, last in places)
            is_secret = row["label"] == "secret"
            hits += is_secret and is_found
            misses += is_secret and not is_found
            alarms += is_found and not is_secret
        precision, recall = hits / max(hits + alarms, 1), hits / max(hits + misses, 1)
        print(f"{name:16}{precision:10.3f}{recall:8.3f}{2 * hits / max(2 * hits + alarms + misses, 1):7.3f}")
PYTHON
