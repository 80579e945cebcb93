"""Judging items: once, or event by event."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from evenhand._asking import Asking, AskingOptions, Judge
from evenhand._events import Event, ProgressEvent, ResultEvent, event_of
from evenhand._progress import ProgressDisplay
from evenhand._run import Run

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from typing_extensions import Unpack

    from evenhand._errors import EvenhandError
    from evenhand._frames import FrameLibrary
    from evenhand._inputs import Rows


class JudgeOptions(AskingOptions, total=False):
    """The optional arguments of :func:`judge` and :func:`stream`."""

    baseline: str | None
    then: Judge | None
    when: str | None
    until_decided: str | None
    margin: float | None
    error: float | None


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
    then: Judge | None = None,
    when: str | None = None,
    until_decided: str | None = None,
    margin: float | None = None,
    error: float | None = None,
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
        then: A stronger judge, which is asked only about what ``when`` sends to it. The final verdict on a comparison
            is that of the judge that decides it.
        when: What ``then`` is asked about: ``"not-kept"`` (the default), what ``judge`` did not keep, or
            ``"margin<X"``, also what it kept with a margin below X.
        until_decided: Stop as soon as it is decided whether this system wins more or less often than half against each
            other one.
        margin: Stop also when a win rate is less than this away from half.
        error: The probability that a decision is wrong, at most; 0.05 if not given.
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
        batch: Give the requests to the provider in batches, which it answers within a day. While a batch is in
            progress, :class:`evenhand.Incomplete` is raised; the same call collects what has ended.
        wait: Wait until every batch has ended and nothing is left to ask.
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
        "then": then,
        "when": when,
        "until_decided": until_decided,
        "margin": margin,
        "error": error,
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
    asking = _asking(items, rubric, judge, options)
    async with aclosing(asking.followed()) as events:
        async for event in events:
            yield event


def _asking(items: Rows, rubric: str, judge: Judge | Sequence[Judge], options: JudgeOptions) -> Asking[Event]:
    """Return a call of ``evenhand judge``."""
    if unknown := set(options) - JudgeOptions.__optional_keys__:
        raise TypeError(f"unexpected arguments: {', '.join(sorted(unknown))}")
    return Asking("judge", items, rubric, judge, options, event_of=event_of, begun=_begun)


def _begun(error: EvenhandError, run: str, frame_library: FrameLibrary | None) -> None:
    error.run = Run(run, frame_library=frame_library)
