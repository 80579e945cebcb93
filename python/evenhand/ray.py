"""A run divided over the machines of a Ray cluster.

Each part is an invocation of ``evenhand judge --shard I/N``, or of ``evenhand grade``, in a Ray task. It has a run file
of its own, beside that of the whole run; the parts are then merged. The folder of the run files must be one that all
machines of the cluster share.

A task whose machine or worker dies is started again by Ray, and continues from the run file of its part. A task that
runs twice waits until the other one has finished, and finds everything answered.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import ray

from evenhand._errors import EvenhandError, RunFileError
from evenhand._grade import grade as grade_here
from evenhand._grades import Grades
from evenhand._inputs import Rows, library_of, records_of
from evenhand._judge import judge as judge_here
from evenhand._process import output
from evenhand._run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evenhand._asking import Judge
    from evenhand._frames import FrameLibrary

__all__ = ["grade", "grades", "judge", "verdicts"]

_Opened = TypeVar("_Opened")

# How long a part waits for another process that writes its run file: longer than one needs to notice that the
# worker which started it is gone, and to receive the replies in flight.
_PATIENCE = 300.0


def judge(
    items: Rows,
    *,
    rubric: str,
    judge: Judge | Sequence[Judge],
    run: str | os.PathLike[str],
    num_shards: int,
    task_options: Mapping[str, Any] | None = None,
    **options: Any,
) -> Run:
    """Judge items on a Ray cluster and return the run, which equals an undivided one in every number.

    Args:
        items: As for :func:`evenhand.judge`, or a dataset of Ray. A path must be one that all machines have.
        rubric: The name or the path of a rubric. Rubrics, prompts and ``evenhand.toml`` are read on the machines that
            judge; in a cluster, give paths in a shared folder (``config``).
        judge: The judge, or several. A function made by :func:`evenhand.judge_function` is sent to the machines.
        run: The run file, in a folder that all machines share. The parts are ``RUN.I-of-N.db`` beside it.
        num_shards: Into how many parts the comparisons are divided. Each gets an equal part of the judge's rate limits,
            unless ``quota_from`` names a database through which they share them; limits of a budget apply to each part.
        task_options: Options of the tasks, as for ``ray.remote``: ``{"num_cpus": 1}``, ``max_retries``, or
            ``resources`` and ``scheduling_strategy`` to place them beside the servers of the judge.
        **options: The other arguments of :func:`evenhand.judge`, except ``shard`` and ``progress``.

    Raises:
        EvenhandError: As :func:`evenhand.judge` does, for the first part that fails. What all parts have is merged
            first; ``error.run`` is the run.

    """
    asked = {"rubric": rubric, "judge": judge, **options}
    merged, failed = _divided(judge_here, Run, items, asked, _Shards(run, num_shards, task_options))
    if failed is not None:
        failed.run = merged
        raise failed
    return merged


def grade(
    items: Rows,
    *,
    rubric: str,
    judge: Judge | Sequence[Judge],
    run: str | os.PathLike[str],
    num_shards: int,
    task_options: Mapping[str, Any] | None = None,
    **options: Any,
) -> Grades:
    """Grade single responses on a Ray cluster and return the run, which equals an undivided one in every number.

    Args:
        items: As for :func:`evenhand.grade`, or a dataset of Ray. A path must be one that all machines have.
        rubric: The name or the path of a rubric with ``mode = "grade"``, as for :func:`judge`.
        judge: The judge, or several. A function made by :func:`evenhand.judge_function` is sent to the machines.
        run: The run file, in a folder that all machines share. The parts are ``RUN.I-of-N.db`` beside it.
        num_shards: Into how many parts the responses are divided, as for :func:`judge`.
        task_options: Options of the tasks, as for :func:`judge`.
        **options: The other arguments of :func:`evenhand.grade`, except ``shard`` and ``progress``.

    Raises:
        EvenhandError: As :func:`evenhand.grade` does, for the first part that fails. What all parts have is merged
            first; ``error.grades`` is the run.

    """
    asked = {"rubric": rubric, "judge": judge, **options}
    merged, failed = _divided(grade_here, Grades, items, asked, _Shards(run, num_shards, task_options))
    if failed is not None:
        failed.grades = merged
        raise failed
    return merged


def verdicts(run: Run, **options: Any) -> Any:
    """Return the verdicts of a run as a dataset of Ray, with the columns of :meth:`evenhand.Run.verdicts`."""
    return _dataset(run.verdicts(**options))


def grades(run: Grades, **options: Any) -> Any:
    """Return the grades of a run as a dataset of Ray, with the columns of :meth:`evenhand.Grades.grades`."""
    return _dataset(run.grades(**options))


def _dataset(table: Any) -> Any:
    """Return a table of polars or pandas, or a list of records, as a dataset of Ray."""
    import pyarrow as pa  # noqa: PLC0415 - a part of Ray Data, not of Ray

    if hasattr(table, "to_arrow"):
        return ray.data.from_arrow(table.to_arrow())
    if library_of(table) == "pandas":
        return ray.data.from_arrow(pa.Table.from_pandas(table, preserve_index=False))
    return ray.data.from_arrow(pa.Table.from_pylist(table))


@dataclass(frozen=True)
class _Shards:
    """Into how many parts a run is divided, and how their tasks are started."""

    run: str | os.PathLike[str]
    number: int
    task_options: Mapping[str, Any] | None


def _divided(
    ask: Callable[..., object],
    opened: Callable[..., _Opened],
    items: Rows,
    asked: Mapping[str, Any],
    shards: _Shards,
) -> tuple[_Opened, EvenhandError | None]:
    """Ask in parts, merge them, and return the run with the error of the first part that failed."""
    if shards.number < 1:
        raise ValueError(f"num_shards: expected at least 1, found {shards.number}")
    target = Path(shards.run).absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    rows, library = _rows(items)
    shared = ray.put(rows)
    task = ray.remote(**{"max_retries": 5, **(shards.task_options or {})})(_ask_part)
    parts = [_part(target, number, shards.number) for number in range(1, shards.number + 1)]
    pending = [
        task.remote(ask, shared, asked, str(part), (number, shards.number))
        for number, part in enumerate(parts, start=1)
    ]
    failed: EvenhandError | None = None
    try:
        for reference in pending:
            try:
                ray.get(reference)
            except EvenhandError as error:
                failed = failed or error
    except BaseException:
        for reference in pending:
            # The tasks are interrupted, and store what is in flight.
            ray.cancel(reference, force=False)
        raise
    written = [str(part) for part in parts if part.exists()]
    if written:
        output(["merge", *written, "--run", str(target)])
    return opened(target, frame_library=library), failed


def _rows(items: Rows) -> tuple[Rows, FrameLibrary | None]:
    """Return rows that can be sent to the tasks, and the library of frames that they come from."""
    if isinstance(items, (str, os.PathLike)):
        return str(Path(items).absolute()), library_of(items)
    if hasattr(items, "take_all"):  # a dataset of Ray
        return records_of(items.take_all()), None
    return records_of(items), library_of(items)


def _part(target: Path, number: int, of: int) -> Path:
    return target.with_name(f"{target.stem}.{number}-of-{of}.db")


def _ask_part(
    ask: Callable[..., object], rows: Rows, asked: Mapping[str, Any], run: str, shard: tuple[int, int]
) -> None:
    """Judge or grade one part; the body of a task."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            ask(rows, run=run, shard=shard, progress=False, **{"inconclusive": "pass", **asked})
        except RunFileError as error:
            # The process of an earlier attempt, or of a duplicate, still writes the file.
            if "another process" not in error.message or time.monotonic() > end:
                raise
            time.sleep(0.5)
        else:
            return
