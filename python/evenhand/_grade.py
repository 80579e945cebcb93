"""Grading single responses: once, or event by event."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from evenhand._asking import Asking, AskingOptions, Judge
from evenhand._events import ProgressEvent
from evenhand._grade_events import GradeResultEvent, GradingEvent, grading_event_of
from evenhand._grades import Grades
from evenhand._progress import ProgressDisplay

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from typing_extensions import Unpack

    from evenhand._errors import EvenhandError
    from evenhand._frames import FrameLibrary
    from evenhand._inputs import Rows


class GradeOptions(AskingOptions, total=False):
    """The optional arguments of :func:`grade` and :func:`stream_grades`."""


def grade(
    items: Rows,
    *,
    rubric: str,
    judge: Judge | Sequence[Judge],
    run: str | os.PathLike[str] | None = None,
    progress: bool = True,
    settings: Mapping[str, Any] | None = None,
    config: str | os.PathLike[str] | None = None,
    responses: Sequence[str] = (),
    label_columns: Sequence[str] = (),
    id_column: str | None = None,
    prompt_column: str | None = None,
    empty_cells: str | None = None,
    tags: Mapping[str, str] | None = None,
    limit: int | None = None,
    seed: int | None = None,
    repeat: int | None = None,
    shard: tuple[int, int] | None = None,
    quota_from: str | None = None,
    reuse: Sequence[str | os.PathLike[str]] = (),
    retry_failed: bool = False,
    batch: bool = False,
    wait: bool = False,
    max_cost: float | None = None,
    max_requests: int | None = None,
    inconclusive: str | None = None,
    only_planned: bool = False,
) -> Grades:
    """Ask judges for a grade of every single response, in both directions of the scale, and return the run.

    The run is a file, which is continued as that of :func:`evenhand.judge` is.

    Args:
        items: Items as for :func:`evenhand.judge`; one response is enough.
        rubric: The name or the path of a rubric with ``mode = "grade"``.
        judge: As for :func:`evenhand.judge`: the name of a judge or a function made by
            :func:`evenhand.judge_function`; several form a jury.
        run: The run file; by default ``runs/RUBRIC-JUDGE.db`` beside ``evenhand.toml``, or in the working folder.
        progress: Show progress in the terminal or the notebook.
        settings: Settings that replace those of the file, such as ``{"judges.mine.temperature": 0.5}``.
        config: The settings file; by default ``evenhand.toml`` in the working folder or the nearest folder above.
        responses: The columns with responses; by default all without another meaning.
        label_columns: Columns with what one annotator chose, which are no responses.
        id_column: The column of the ids, if it is not ``id``.
        prompt_column: The column of the prompts, if it is not ``prompt``.
        empty_cells: What a missing response is: ``"error"`` (the default), ``"empty"`` or ``"missing"``.
        tags: Grade only the responses of items with these tags.
        limit: Grade only the responses of so many items, drawn at random.
        seed: Decides which direction of the scale is asked first and which items ``limit`` draws.
        repeat: How often each direction is asked; the grade of more than half counts.
        shard: ``(I, N)`` grades part I of N, from 1; ``evenhand merge`` joins the runs of all parts.
        quota_from: As for :func:`evenhand.judge`.
        reuse: Runs or recordings whose replies to the same requests are copied.
        retry_failed: Ask again what failed or has no readable grade.
        batch: Give the requests to the provider in batches, as :func:`evenhand.judge` does.
        wait: Wait until every batch has ended and nothing is left to ask.
        max_cost: Stop before the run costs more than this, in US dollars.
        max_requests: Send at most so many requests this time.
        inconclusive: What a run without a kept grade does: ``"fail"`` raises an exception, ``"pass"`` does not.
        only_planned: Count only these items, not others that the run file has.

    Raises:
        EvenhandError: The input is wrong, the judge refuses everything, or responses are still open; each has a class
            of its own. ``error.grades`` is the run, if it has begun.

    """
    options: GradeOptions = {
        "run": run,
        "settings": settings,
        "config": config,
        "responses": responses,
        "label_columns": label_columns,
        "id_column": id_column,
        "prompt_column": prompt_column,
        "empty_cells": empty_cells,
        "tags": tags,
        "limit": limit,
        "seed": seed,
        "repeat": repeat,
        "shard": shard,
        "quota_from": quota_from,
        "reuse": reuse,
        "retry_failed": retry_failed,
        "batch": batch,
        "wait": wait,
        "max_cost": max_cost,
        "max_requests": max_requests,
        "inconclusive": inconclusive,
        "only_planned": only_planned,
    }
    asking = _asking(items, rubric, judge, options)
    with ProgressDisplay(is_shown=progress, unkept="changed") as display:
        for event in asking.events():
            if isinstance(event, ProgressEvent):
                display.show(event)
            elif isinstance(event, GradeResultEvent):
                return event.grades
    raise AssertionError("the program ended without a result and without an error")


async def stream_grades(
    items: Rows, *, rubric: str, judge: Judge | Sequence[Judge], **options: Unpack[GradeOptions]
) -> AsyncGenerator[GradingEvent, None]:
    """Grade single responses and yield what happens: a plan, grades and progress, and the result.

    If the iteration is left or its task is cancelled, no further request is sent, and those in flight are stored.

    Args:
        items: As for :func:`evenhand.grade`.
        rubric: The name or the path of a rubric with ``mode = "grade"``.
        judge: The judge, or several.
        **options: The other arguments of :func:`evenhand.grade`, without ``progress``.

    Raises:
        EvenhandError: As :func:`evenhand.grade` does.

    """
    asking = _asking(items, rubric, judge, options)
    async with aclosing(asking.followed()) as events:
        async for event in events:
            yield event


def _asking(items: Rows, rubric: str, judge: Judge | Sequence[Judge], options: GradeOptions) -> Asking[GradingEvent]:
    """Return a call of ``evenhand grade``."""
    if unknown := set(options) - GradeOptions.__optional_keys__:
        raise TypeError(f"unexpected arguments: {', '.join(sorted(unknown))}")
    return Asking("grade", items, rubric, judge, options, event_of=grading_event_of, begun=_begun)


def _begun(error: EvenhandError, run: str, frame_library: FrameLibrary | None) -> None:
    error.grades = Grades(run, frame_library=frame_library)
