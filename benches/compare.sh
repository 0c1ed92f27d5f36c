#!/usr/bin/env bash
# Compares trueup with cfn-guard on a folder of CloudFormation templates.
#
#   benches/compare.sh [-n RUNS] FOLDER
#
# Needs python3, GNU time, a release build (`cargo build --release`) and cfn-guard 3
# (`cargo install cfn-guard`).
# Any folder of templates will do; https://github.com/aws-cloudformation/aws-cloudformation-templates is one.
#
# Every measurement is a whole process. The programs take turns, RUNS times (7 unless told otherwise) after
# one turn to warm the page cache, and the medians are put in proportion: times differ from machine to
# machine, ratios much less. What is compared:
#
#   parse    trueup debug parse: walk, read and parse, nothing else; the floor under lint
#   lint     trueup lint with the ten policies of benches/cfn-guard/policies
#   guard    cfn-guard validate with the ten rules of benches/cfn-guard/rules, the same in its language
#
# with one thread and with two (cfn-guard has one), and each of the last two on a single small template.
# Peak memory is taken in the first turn by GNU time, which is small enough not to be what is measured.
set -euo pipefail

usage() {
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
}

runs=7
while getopts n:h option; do
    case $option in
        n) runs=$OPTARG ;;
        *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] && [ -d "$1" ] || usage

here=$(cd "$(dirname "$0")" && pwd)
trueup=${TRUEUP:-$here/../target/release/trueup}
guard=${CFN_GUARD:-cfn-guard}
command -v "$trueup" >/dev/null || { echo "no $trueup: run cargo build --release, or set TRUEUP" >&2; exit 2; }
command -v "$guard" >/dev/null || { echo "no $guard: run cargo install cfn-guard, or set CFN_GUARD" >&2; exit 2; }

[ -x /usr/bin/time ] || { echo "no /usr/bin/time: install GNU time" >&2; exit 2; }

exec python3 - "$trueup" "$guard" "$here/cfn-guard" "$1" "$runs" <<'PYTHON'
import os
import statistics
import subprocess
import sys
import tempfile
import time

trueup, guard, rules, folder, runs = sys.argv[1:]
runs = int(runs)

TEMPLATE = """\
Resources:
  Artifacts:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: artifacts
"""


def lint(path, jobs):
    return [trueup, "lint", "--no-config", "--no-builtin", "--policies", f"{rules}/policies",
            "--format", "concise", "--jobs", str(jobs), path]


def measure(command):
    """Wall and processor seconds of one run."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    # Findings are no failure: trueup says 1, or 3 when a file is broken, cfn-guard 19, or 5 for a broken file.
    if child.returncode not in (0, 1, 3, 5, 19):
        sys.exit(f"{' '.join(command)}: exit code {child.returncode}\n{errors.decode(errors='replace')}")
    return wall, usage.ru_utime + usage.ru_stime


def peak(command, scratch):
    """Peak memory of one run in MiB."""
    note = os.path.join(scratch, "peak")
    measure(["/usr/bin/time", "--quiet", "-f", "%M", "-o", note, *command])
    with open(note, encoding="utf-8") as file:
        return int(file.read()) / 1024


with tempfile.TemporaryDirectory() as scratch:
    tiny = os.path.join(scratch, "template.yaml")
    with open(tiny, "w", encoding="utf-8") as file:
        file.write(TEMPLATE)
    cases = {
        "parse, 1 thread": [trueup, "debug", "parse", "--jobs", "1", folder],
        "parse, 2 threads": [trueup, "debug", "parse", "--jobs", "2", folder],
        "lint, 1 thread": lint(folder, 1),
        "lint, 2 threads": lint(folder, 2),
        "guard": [guard, "validate", "-S", "none", "-r", f"{rules}/rules", "-d", folder],
        "lint, one file": lint(tiny, 1),
        "guard, one file": [guard, "validate", "-S", "none", "-r", f"{rules}/rules", "-d", tiny],
    }
    samples = {name: [] for name in cases}
    memory = {name: peak(command, scratch) for name, command in cases.items()}
    for _ in range(runs):
        for name, command in cases.items():
            samples[name].append(measure(command))

wall, cpu = (
    {name: statistics.median(sample[part] for sample in taken) for name, taken in samples.items()}
    for part in range(2)
)

print(f"medians of {runs} alternating runs")
print(f"{'':18}{'wall ms':>10}{'cpu ms':>10}{'peak MiB':>10}")
for name in cases:
    print(f"{name:18}{wall[name] * 1000:10.1f}{cpu[name] * 1000:10.1f}{memory[name]:10.1f}")

print("\nratios")
for text, part, above, below in [
    ("lint / parse, 1 thread, wall", wall, "lint, 1 thread", "parse, 1 thread"),
    ("lint / parse, 2 threads, wall", wall, "lint, 2 threads", "parse, 2 threads"),
    ("lint, 1 thread / 2 threads, wall", wall, "lint, 1 thread", "lint, 2 threads"),
    ("guard / lint, 1 thread, wall", wall, "guard", "lint, 1 thread"),
    ("guard / lint, 2 threads, wall", wall, "guard", "lint, 2 threads"),
    ("guard / lint, 1 thread, cpu", cpu, "guard", "lint, 1 thread"),
    ("guard / lint, one file, wall", wall, "guard, one file", "lint, one file"),
    ("guard / lint, 1 thread, peak memory", memory, "guard", "lint, 1 thread"),
]:
    print(f"{text:38}{part[above] / part[below]:8.2f}")
PYTHON
