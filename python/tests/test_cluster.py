"""The files for clusters: valid by the schemas of their systems, and run with a stub where that can be had."""

import json
import os
import stat
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

import evenhand as eh

yaml = pytest.importorskip("yaml")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="scripts of a POSIX shell")

CLUSTER = Path(__file__).parents[2] / "docs" / "cluster"

# Runs a job at once: an array task by task, in the order of the last to the first; one of them is killed at first.
SBATCH = """#!/usr/bin/env python3
import os, pathlib, subprocess, sys

flags = dict(flag[2:].split("=", 1) for flag in sys.argv[1:-1] if "=" in flag)
script = sys.argv[-1]
state = pathlib.Path("sbatch.log")
number = len(state.read_text().splitlines()) + 1 if state.exists() else 1
with state.open("a") as log:
    print(number, flags.get("array", "-"), flags.get("dependency", "-"), pathlib.Path(script).name, file=log)
if "array" in flags:
    first, last = map(int, flags["array"].split("-"))
    for task in range(last, first - 1, -1):
        if task == int(os.environ.get("KILLED", "0")):
            continue
        variables = {"SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_TASK_COUNT": str(last - first + 1)}
        subprocess.run(["bash", script], env={**os.environ, **variables}, stdout=sys.stderr)
else:
    subprocess.run(["bash", script], stdout=sys.stderr)
print(f"{number};cluster")
"""


def submit(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    stub = folder / "bin" / "sbatch"
    stub.parent.mkdir(exist_ok=True)
    stub.write_text(SBATCH, encoding="utf-8")
    stub.chmod(stub.stat().st_mode | stat.S_IXUSR)
    path = os.pathsep.join([str(stub.parent), str(eh.binary_path().parent), os.environ["PATH"]])
    return subprocess.run(
        [str(CLUSTER / "slurm" / "submit.sh"), "3", "items.jsonl", "helpfulness", "builtin:longer", "runs/all.db"],
        env={**os.environ, "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_slurm_array_judges_its_parts_and_merges_them_and_continues(tmp_path: Path) -> None:
    items = [{"id": f"q{at}", "prompt": "p", "responses": {"a": "x", "b": "xx"}} for at in range(20)]
    Path("items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    done = submit(tmp_path, KILLED="2")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "judging as job 1, merging as job 2\n"
    assert Path("sbatch.log").read_text().splitlines() == ["1 1-3 - judge.sbatch", "2 - afterany:1 merge.sbatch"]
    partial = eh.Run("runs/all.db").summary.judge().outcomes["kept"]
    assert 0 < partial < 20
    assert "check that no shard is missing" in done.stderr
    # The same submission continues.
    done = submit(tmp_path)
    assert done.returncode == 0, done.stderr
    whole = eh.judge(items, rubric="helpfulness", judge="builtin:longer", run="whole.db")
    assert eh.Run("runs/all.db").summary == whole.summary


def test_submitting_without_arguments_says_how() -> None:
    script = CLUSTER / "slurm" / "submit.sh"
    done = subprocess.run([str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "./submit.sh PARTS ITEMS RUBRIC JUDGE RUN" in done.stderr


@pytest.mark.parametrize("name", ["judge.yaml", "merge.yaml"])
def test_jobs_of_kubernetes_are_valid_by_its_schema(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        validate = pytest.importorskip("kubernetes_validate")
    job = yaml.safe_load((CLUSTER / "kubernetes" / name).read_text(encoding="utf-8"))
    version = validate.latest_version()
    validate.validate(job, version, strict=True)
    broken = {**job, "spec": {**job["spec"], "completion": 8}}
    with pytest.raises(validate.ValidationError):
        validate.validate(broken, version, strict=True)


def test_the_command_of_a_pod_judges_the_part_of_its_index(tmp_path: Path) -> None:
    job: dict[str, Any] = yaml.safe_load((CLUSTER / "kubernetes" / "judge.yaml").read_text(encoding="utf-8"))
    parts = job["spec"]["completions"]
    (container,) = job["spec"]["template"]["spec"]["containers"]
    command = [*container["command"], *container["args"]]
    command[-1] = command[-1].replace("gpt-4o-mini", "builtin:longer")
    items = [{"id": f"q{at}", "prompt": "p", "responses": {"a": "x", "b": "xx"}} for at in range(40)]
    Path("items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    path = os.pathsep.join([str(eh.binary_path().parent), os.environ["PATH"]])
    for index in range(parts):
        variables = {**os.environ, "PATH": path, "JOB_COMPLETION_INDEX": str(index)}
        subprocess.run(command, env=variables, capture_output=True, check=True)
    merge: dict[str, Any] = yaml.safe_load((CLUSTER / "kubernetes" / "merge.yaml").read_text(encoding="utf-8"))
    (container,) = merge["spec"]["template"]["spec"]["containers"]
    command = [*container["command"], *container["args"]]
    subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, check=True)
    assert eh.Run("runs/all.db").summary.judge().outcomes["kept"] == 40
    assert (tmp_path / "runs" / "all.html").exists()


def test_the_matrix_of_github_has_the_parts_of_its_command() -> None:
    workflow = yaml.safe_load((CLUSTER / "github" / "matrix.yml").read_text(encoding="utf-8"))
    judge = workflow["jobs"]["judge"]
    parts = judge["strategy"]["matrix"]["part"]
    commands = [step["run"] for step in judge["steps"] if "evenhand judge" in step.get("run", "")]
    assert parts == list(range(1, len(parts) + 1))
    assert f"--shard ${{{{ matrix.part }}}}/{len(parts)} " in commands[0]
