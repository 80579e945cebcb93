"""Judging items: once, or event by event."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

from evenhand._errors import EvenhandError
from evenhand._events import Event, PlanEvent, ProgressEvent, ResultEvent, event_of
from evenhand._flags import flags
from evenhand._inputs import Rows, Source
from evenhand._judge_function import JudgeFunction, served
from evenhand._process import Process
from evenhand._progress import ProgressDisplay
from evenhand._run import Run

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence

    from typing_extensions import Unpack

Judge: TypeAlias = str | JudgeFunction
"""The name of a judge as for ``evenhand judge --judge``, or a function made by :func:`evenhand.judge_function`."""


class JudgeOptions(TypedDict, total=False):
    """The optional arguments of :func:`judge` and :func:`stream`."""

    run: str | os.PathLike[str] | None
    settings: Mapping[str, Any] | None
    config: str | os.PathLike[str] | None
    responses: Sequence[str]
    label_columns: Sequence[str]
    id_column: str | None
    prompt_column: str | None
    empty_cells: str | None
    baseline: str | None
    tags: Mapping[str, str] | None
    limit: int | None
    seed: int | None
    repeat: int | None
    shard: tuple[int, int] | None
    quota_from: str | None
    reuse: Sequence[str | os.PathLike[str]]
    retry_failed: bool
    max_cost: float | None
    max_requests: int | None
    inconclusive: str | None
    only_planned: bool


def judge(
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
    baseline: str | None = None,
    tags: Mapping[str, str] | None = None,
    limit: int | None = None,
    seed: int | None = None,
    repeat: int | None = None,
    shard: tuple[int, int] | None = None,
    quota_from: str | None = None,
    reuse: Sequence[str | os.PathLike[str]] = (),
    retry_failed: bool = False,
    max_cost: float | None = None,
    max_requests: int | None = None,
    inconclusive: str | None = None,
    only_planned: bool = False,
) -> Run:
    """Ask judges which of two responses is better, in both orders, and return the run.

    The run is a file. If it exists already, what it lacks is asked, and nothing is paid for twice: after an interrupt
    or an exception, the same call continues.

    Args:
        items: Rows with ``id``, ``prompt`` and a column of responses for each system, or with ``responses``, a
            dictionary from system to response; or the path of a file, or what :func:`evenhand.generate` returned.
            ``reference``, ``context`` and ``tags.NAME`` are optional.
        rubric: The name or the path of a rubric.
        judge: A judge of ``evenhand.toml``, ``openai:MODEL``, ``anthropic:MODEL``, ``builtin:NAME``, or a function made
            by :func:`evenhand.judge_function`; several form a jury.
        run: The run file; by default ``runs/RUBRIC-JUDGE.db`` beside ``evenhand.toml``, or in the working folder.
        progress: Show progress in the terminal or the notebook.
        settings: Settings that replace those of the file, such as ``{"judges.mine.temperature": 0.5}``.
        config: The settings file; by default ``evenhand.toml`` in the working folder or the nearest folder above.
        responses: The columns with responses; by default all without another meaning.
        label_columns: Columns with the winners that one annotator chose, which are no responses.
        id_column: The column of the ids, if it is not ``id``.
        prompt_column: The column of the prompts, if it is not ``prompt``.
        empty_cells: What a missing response is: ``"error"`` (the default), ``"empty"`` or ``"missing"``.
        baseline: Compare every other system with this one, instead of every pair.
        tags: Judge only items with these tags.
        limit: Judge only so many items, drawn at random.
        seed: Decides which order is asked first and which items ``limit`` draws.
        repeat: How often each order is asked; the vote of more than half counts.
        shard: ``(I, N)`` judges part I of N, from 1; ``evenhand merge`` joins the runs of all parts.
        quota_from: The address of a PostgreSQL database, ``postgres://USER@HOST/DATABASE``, through which the limits of
            the judges are shared with other processes, instead of giving each shard an equal part. It is passed on in
            the environment, where other users do not see a password.
        reuse: Runs or recordings whose replies to the same requests are copied.
        retry_failed: Ask again what failed or has no readable vote.
        max_cost: Stop before the run costs more than this, in US dollars.
        max_requests: Send at most so many requests this time.
        inconclusive: What a run without a kept verdict does: ``"fail"`` raises an exception, ``"pass"`` does not.
        only_planned: Count only these items, not others that the run file has.

    Raises:
        EvenhandError: The input is wrong, the judge refuses everything, or comparisons are still open; each has a class
            of its own. ``error.run`` is the run, if it has begun.

    """
    options: JudgeOptions = {
        "run": run,
        "settings": settings,
        "config": config,
        "responses": responses,
        "label_columns": label_columns,
        "id_column": id_column,
        "prompt_column": prompt_column,
        "empty_cells": empty_cells,
        "baseline": baseline,
        "tags": tags,
        "limit": limit,
        "seed": seed,
        "repeat": repeat,
        "shard": shard,
        "quota_from": quota_from,
        "reuse": reuse,
        "retry_failed": retry_failed,
        "max_cost": max_cost,
        "max_requests": max_requests,
        "inconclusive": inconclusive,
        "only_planned": only_planned,
    }
    asking = _Asking(items, rubric, judge, options)
    with ProgressDisplay(is_shown=progress) as display:
        for event in asking.events():
            if isinstance(event, ProgressEvent):
                display.show(event)
            elif isinstance(event, ResultEvent):
                return event.run
    raise AssertionError("the program ended without a result and without an error")


async def stream(
    items: Rows, *, rubric: str, judge: Judge | Sequence[Judge], **options: Unpack[JudgeOptions]
) -> AsyncGenerator[Event, None]:
    """Judge items and yield what happens: a plan, comparisons and progress, and the result.

    If the iteration is left or its task is cancelled, no further request is sent, and those in flight are stored.

    Args:
        items: As for :func:`evenhand.judge`.
        rubric: The name or the path of a rubric.
        judge: The judge, or several.
        **options: The other arguments of :func:`evenhand.judge`, without ``progress``.

    Raises:
        EvenhandError: As :func:`evenhand.judge` does.

    """
    asking = _Asking(items, rubric, judge, options)
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[Event | BaseException | None] = asyncio.Queue()
    stop = threading.Event()

    def put(what: Event | BaseException | None) -> None:
        # The loop may be closed already, if nobody waited for the end of the iteration.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(queue.put_nowait, what)

    def follow() -> None:
        try:
            for event in asking.events(stop):
                put(event)
        except BaseException as error:  # noqa: BLE001 - raised again where the events are awaited
            put(error)
        else:
            put(None)

    thread = threading.Thread(target=follow, name="evenhand-stream", daemon=True)
    thread.start()
    try:
        while (event := await queue.get()) is not None:
            if isinstance(event, BaseException):
                raise event
            yield event
    finally:
        stop.set()
        await asyncio.shield(asyncio.to_thread(thread.join))


class _Asking:
    """One call of ``evenhand judge``."""

    def __init__(self, items: Rows, rubric: str, judge: Judge | Sequence[Judge], options: JudgeOptions) -> None:
        if unknown := set(options) - JudgeOptions.__annotations__.keys():
            raise TypeError(f"unexpected arguments: {', '.join(sorted(unknown))}")
        if callable(judge) and not isinstance(judge, JudgeFunction):
            raise TypeError("judge is a plain function: decorate it with @evenhand.judge_function")
        judges = [judge] if isinstance(judge, (str, JudgeFunction)) else list(judge)
        self._functions = [one for one in judges if isinstance(one, JudgeFunction)]
        self._source = Source(items, options.get("responses", ()))
        names = [one.name if isinstance(one, JudgeFunction) else one for one in judges]
        own = {"rubric": rubric, "judge": names, "format": "jsonl"}
        rest = {**options, "responses": self._source.responses}
        quota_from = rest.pop("quota_from", None)
        self._environment = {"EVENHAND_QUOTA_FROM": str(quota_from)} if quota_from is not None else {}
        self._command = ["judge", self._source.argument, *flags(own), *flags(rest)]

    def events(self, stop: threading.Event | None = None) -> Iterator[Event]:
        """Start the program and yield its events, until the end or until ``stop`` is set."""
        with served(self._functions) as (command, of_functions):
            environment = {**of_functions, **self._environment}
            process = Process([*self._command, *command], data=self._source.data, environment=environment)
            watch = threading.Thread(target=_interrupt_when, args=(stop, process), daemon=True)
            if stop is not None:
                watch.start()
            run: str | None = None
            result: Event | None = None
            for line in process.lines():
                event = event_of(json.loads(line), self._source.frame_library)
                if isinstance(event, PlanEvent):
                    run = event.run
                if isinstance(event, ResultEvent):
                    # It counts only if the exit code says so.
                    result = event
                elif event is not None:
                    yield event
            try:
                process.finish()
            except EvenhandError as error:
                if run is not None:
                    error.run = Run(run, frame_library=self._source.frame_library)
                raise
            if result is not None:
                yield result


def _interrupt_when(stop: threading.Event | None, process: Process) -> None:
    if stop is not None:
        stop.wait()
        process.interrupt()
