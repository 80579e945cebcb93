"""A run divided over the workers of a Ray cluster."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grading
import pytest
from grading import COLUMNS as GRADED_COLUMNS
from grading import reader, row

import evenhand as eh

ray = pytest.importorskip("ray")
eh_ray = pytest.importorskip("evenhand.ray")

COLUMNS = ["short", "long"]

# Ray reads its own deprecated settings.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    # The workers cannot import the modules of the tests.
    ray.cloudpickle.register_pickle_by_value(grading)
    yield
    ray.shutdown()


def summary(run: eh.Run) -> Any:
    shown = json.loads(
        json.dumps(
            run.calibrate(
                [{"id": "ticket-001", "annotator": "a", "between": ["model-a", "model-b"], "winner": "model-a"}]
            ).data
        )
    )
    shown.pop("provenance")
    return (run.summary, run.verdicts(frame_library="records"), shown)


def test_a_divided_run_equals_an_undivided_one_in_every_number(items: list[dict[str, Any]], tmp_path: Path) -> None:
    whole = eh.judge(items, rubric="summary-quality", judge="builtin:lexical", run=tmp_path / "whole.db")
    divided = eh_ray.judge(
        items, rubric="summary-quality", judge="builtin:lexical", run=tmp_path / "divided.db", num_shards=3
    )
    assert summary(divided) == summary(whole)
    assert {path.name for path in tmp_path.glob("divided.*-of-3.db")} == {
        "divided.1-of-3.db",
        "divided.2-of-3.db",
        "divided.3-of-3.db",
    }
    # The same call asks nothing more.
    again = eh_ray.judge(
        items, rubric="summary-quality", judge="builtin:lexical", run=tmp_path / "divided.db", num_shards=3
    )
    assert summary(again) == summary(whole)


def test_datasets_go_in_and_out(table: list[dict[str, str]], tmp_path: Path) -> None:
    ray.data.from_items(table).write_parquet(str(tmp_path / "items"))
    dataset = ray.data.read_parquet(str(tmp_path / "items"))
    run = eh_ray.judge(
        dataset,
        rubric="helpfulness",
        judge="builtin:longer",
        responses=COLUMNS,
        run=tmp_path / "run.db",
        num_shards=2,
    )
    out = eh_ray.verdicts(run)
    out.write_parquet(str(tmp_path / "verdicts"))
    rows = ray.data.read_parquet(str(tmp_path / "verdicts")).take_all()
    assert {(row["id"], row["winner"]) for row in rows} == {
        ("q0", "long"),
        ("q1", "long"),
        ("q2", "long"),
        ("q3", "short"),
    }


def slow(log: Path, reply: Callable[[str], str]) -> eh.JudgeFunction:
    """Return a judge that needs a moment and writes down who called it."""

    @eh.judge_function(concurrency=1)
    def slow_judge(messages: list[dict[str, str]]) -> str:
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()} {hash(messages[-1]['content'])}\n")
        time.sleep(0.2)
        return reply("tie")

    return slow_judge


def test_a_part_whose_worker_is_killed_goes_on_from_its_run_file(
    table: list[dict[str, str]], reply: Callable[[str], str], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    log.touch()
    rows = [{**row, "id": f"{row['id']}-{at}"} for at in range(6) for row in table]

    def kill_one_worker() -> int:
        while len(lines := log.read_text(encoding="utf-8").splitlines()) < 8:
            time.sleep(0.05)
        victim = int(lines[-1].split()[0])
        os.kill(victim, signal.SIGKILL)
        return victim

    killed = ray.remote(num_cpus=0)(kill_one_worker).remote()
    run = eh_ray.judge(
        rows,
        rubric="helpfulness",
        judge=slow(log, reply),
        responses=COLUMNS,
        run=tmp_path / "run.db",
        num_shards=2,
    )
    victim = ray.get(killed)
    callers = [int(line.split()[0]) for line in log.read_text(encoding="utf-8").splitlines()]
    assert len(set(callers)) == 3, "the part of the killed worker has been taken over by another one"
    assert run.summary.judge().outcomes["kept"] == 24
    # Only what was in flight when the worker was killed is asked again.
    assert 48 <= len(callers) <= 50
    assert callers.count(victim) < 24


def test_a_part_that_runs_twice_is_asked_once(
    table: list[dict[str, str]], reply: Callable[[str], str], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    asked = {"rubric": "helpfulness", "judge": slow(log, reply), "responses": COLUMNS}
    task = ray.remote(eh_ray._ask_part)  # noqa: SLF001
    twice = [task.remote(eh.judge, table, asked, str(tmp_path / "run.db"), (1, 1)) for _ in range(2)]
    ray.get(twice)
    assert len(log.read_text(encoding="utf-8").splitlines()) == 8


@pytest.mark.filterwarnings("ignore::evenhand.EvenhandWarning")
def test_errors_of_a_part_are_those_of_judge(table: list[dict[str, str]], tmp_path: Path) -> None:
    with pytest.raises(eh.InputError) as raised:
        eh_ray.judge(
            [{"id": "a", "prompt": "p", "responses": {"x": "1", "y": 3}}],
            rubric="helpfulness",
            judge="builtin:longer",
            run=tmp_path / "run.db",
            num_shards=1,
        )
    assert (raised.value.line, raised.value.field) == (1, "responses.y")
    with pytest.raises(eh.Incomplete) as incomplete:
        eh_ray.judge(
            table,
            rubric="helpfulness",
            judge="builtin:longer",
            responses=COLUMNS,
            max_requests=2,
            run=tmp_path / "other.db",
            num_shards=1,
        )
    assert incomplete.value.run is not None
    assert incomplete.value.run.summary.judge().outcomes["kept"] == 1


GRADED = [
    row("q0", "good", "poor"),
    row("q1", "poor", "good"),
    row("q2", "edge", "good"),
    row("q3", "void", "mute"),
    row("q4", "good", "good"),
]


def graded(rows: Any, run: Path, **options: Any) -> eh.Grades:
    given: dict[str, Any] = {"rubric": "pass-fail", "judge": reader, "responses": GRADED_COLUMNS, "num_shards": 3}
    grades: eh.Grades = eh_ray.grade(rows, run=run, **{**given, **options})
    return grades


@pytest.mark.filterwarnings("ignore::evenhand.EvenhandWarning")
def test_a_divided_run_of_grades_equals_an_undivided_one_in_every_number(tmp_path: Path) -> None:
    labels = [
        {"id": item["id"], "annotator": "a", "system": "v1", "grade": "pass" if at % 2 else "fail"}
        for at, item in enumerate(GRADED)
    ]

    def numbers(grades: eh.Grades) -> Any:
        measured = dict(grades.calibrate(labels).data)
        measured.pop("provenance")
        return (grades.summary, grades.grades(frame_library="records"), measured)

    whole = eh.grade(
        GRADED, rubric="pass-fail", judge=reader, responses=GRADED_COLUMNS, run=tmp_path / "whole.db", progress=False
    )
    divided = graded(GRADED, tmp_path / "divided.db")
    assert isinstance(divided, eh.Grades)
    assert numbers(divided) == numbers(whole)
    # What could not be read counts as half.
    assert divided.pass_rate("v2").n == 5, "the rates are of all parts"
    assert len(list(tmp_path.glob("divided.*-of-3.db"))) == 3


def test_grades_go_out_as_a_dataset(tmp_path: Path) -> None:
    dataset = ray.data.from_items(GRADED[:2])
    grades = graded(dataset, tmp_path / "run.db", num_shards=2)
    rows = eh_ray.grades(grades).take_all()
    assert {(row["id"], row["system"], row["grade"]) for row in rows} == {
        ("q0", "v1", "pass"),
        ("q0", "v2", "fail"),
        ("q1", "v1", "fail"),
        ("q1", "v2", "pass"),
    }


@pytest.mark.filterwarnings("ignore::evenhand.EvenhandWarning")
def test_errors_of_a_part_are_those_of_grade(tmp_path: Path) -> None:
    with pytest.raises(eh.InputError, match="compares responses"):
        graded(GRADED, tmp_path / "wrong.db", rubric="helpfulness", num_shards=1)
    with pytest.raises(eh.Incomplete) as incomplete:
        graded(GRADED, tmp_path / "run.db", max_requests=2, num_shards=1)
    assert incomplete.value.grades is not None
    assert incomplete.value.run is None
    assert incomplete.value.grades.summary.judge().outcomes["pending"] > 0
