"""Asking systems for responses."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from evenhand._errors import EvenhandError
from evenhand._events import ProgressEvent
from evenhand._flags import flags
from evenhand._inputs import Rows, Source
from evenhand._judge_function import JudgeFunction, served
from evenhand._process import Process
from evenhand._progress import ProgressDisplay
from evenhand._responses import Responses
from evenhand._system_function import SystemFunction, system_function

if TYPE_CHECKING:
    import os

Systems: TypeAlias = (
    str | SystemFunction | Sequence[str | SystemFunction] | Mapping[str, str | Callable[..., Any] | None]
)
"""Systems as for ``evenhand generate --system``, functions made by :func:`evenhand.system_function`, or a dictionary
from the name of each system to its model, to a function, or to ``None`` for the one in the settings file."""


def generate(
    prompts: Rows | Sequence[str],
    *,
    systems: Systems,
    to: str | os.PathLike[str],
    samples: int = 1,
    run: str | os.PathLike[str] | None = None,
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
    retry_failed: bool = False,
    max_cost: float | None = None,
    max_requests: int | None = None,
    progress: bool = True,
) -> Responses:
    """Ask systems for responses to prompts and write them as items, which :func:`evenhand.judge` takes.

    Every answer is kept in a run file. The same call again asks only what is missing or whose request has changed, and
    writes the items anew.

    Args:
        prompts: Items as for :func:`evenhand.judge`, which need no responses; those that they have are kept. Or a list
            of texts, whose ids follow from the texts.
        systems: ``NAME`` for the table ``[systems.NAME]`` of ``evenhand.toml``, ``NAME=MODEL`` with ``openai:MODEL``,
            ``anthropic:MODEL`` or a judge of that file, or a function made by :func:`evenhand.system_function`; one or
            several of them. Or a dictionary from names to models, functions, or ``None`` for a table of the file.
        to: The items file, which ends in ``.jsonl``. Its folder must exist.
        samples: How often each system is asked for each prompt; there is an items file for each sample.
        run: The run file; by default ``runs/generate-TO.db`` beside ``evenhand.toml``, or in the working folder.
        settings: Settings that replace those of the file, such as ``{"systems.short.temperature": 0.5}``.
        config: The settings file; by default ``evenhand.toml`` in the working folder or the nearest folder above.
        responses: The columns with responses that there are already; by default none.
        label_columns: Columns with the winners that one annotator chose, which are no responses.
        id_column: The column of the ids, if it is not ``id``.
        prompt_column: The column of the prompts, if it is not ``prompt``.
        empty_cells: What an empty cell in a column of responses is: ``"error"`` (the default), ``"empty"`` or
            ``"missing"``.
        tags: Ask only for items with these tags.
        limit: Ask only for so many items, drawn at random.
        seed: Decides which items ``limit`` draws.
        retry_failed: Ask again what has failed or was broken off.
        max_cost: Stop before the run costs more than this, in US dollars.
        max_requests: Send at most so many requests this time.
        progress: Show how far it is, where there is a terminal or a notebook.

    Raises:
        EvenhandError: The input is wrong, a system refuses everything, or responses are still open; each has a class of
            its own. ``error.responses`` is what there is, if systems were asked.

    """
    described, functions = _described(systems)
    source = Source(_with_ids(prompts), responses)
    options = {
        "systems": described,
        "to": to,
        "samples": samples,
        "run": run,
        "settings": settings,
        "config": config,
        "responses": source.responses,
        "label_columns": label_columns,
        "id_column": id_column,
        "prompt_column": prompt_column,
        "empty_cells": empty_cells,
        "tags": tags,
        "limit": limit,
        "seed": seed,
        "retry_failed": retry_failed,
        "max_cost": max_cost,
        "max_requests": max_requests,
        "format": "jsonl",
    }
    with served(functions) as (declared, environment):
        # Settings follow, so that they replace those of a function.
        command = ["generate", source.argument, *declared, *flags(options)]
        process = Process(command, data=source.data, environment=environment)
        result: Responses | None = None
        with ProgressDisplay(is_shown=progress, unkept=None) as display:
            for line in process.lines():
                document = json.loads(line)
                if document["event"] == "result":
                    result = Responses.of(document, source.frame_library)
                elif document["event"] == "progress":
                    display.show(ProgressEvent.of(document))
        try:
            process.finish()
        except EvenhandError as error:
            # The result is printed before the error, unless nothing was asked or the program was killed.
            error.responses = result
            raise
    if result is None:
        raise AssertionError("the program ended without a result and without an error")
    return result


def _described(systems: Systems) -> tuple[list[str], list[SystemFunction]]:
    """Return systems as arguments of the program, and the functions among them."""
    if isinstance(systems, Mapping):
        given = [_named(name, system) for name, system in systems.items()]
    elif isinstance(systems, (str, SystemFunction)):
        given = [systems]
    elif callable(systems):
        raise TypeError("systems is a plain function: decorate it with @evenhand.system_function")
    else:
        given = list(systems)
    for system in given:
        if not isinstance(system, (str, SystemFunction)):
            raise TypeError(
                f"a system is a str or a function decorated with @evenhand.system_function, not {type(system).__name__}"
            )
    functions = [system for system in given if isinstance(system, SystemFunction)]
    names = [system.name if isinstance(system, SystemFunction) else system for system in given]
    return names, functions


def _named(name: str, system: str | Callable[..., Any] | None) -> str | SystemFunction:
    if "=" in name:
        raise ValueError(f"the name of a system cannot contain '=': {name!r}")
    if system is None:
        return name
    if isinstance(system, str):
        return f"{name}={system}"
    if isinstance(system, SystemFunction):
        return system.renamed(name)
    if isinstance(system, JudgeFunction) or not callable(system):
        raise TypeError(f"{name}: expected a model, a function or None, found {type(system).__name__}")
    return system_function(name=name)(system)


def _with_ids(prompts: Rows | Sequence[str]) -> Rows:
    """Return a list of texts as items, whose ids follow from the texts: they stay when others are added or removed."""
    if not isinstance(prompts, (list, tuple)) or not all(isinstance(prompt, str) for prompt in prompts):
        return prompts
    seen: dict[str, int] = {}
    items = []
    for prompt in prompts:
        name = f"prompt-{hashlib.sha256(prompt.encode(errors='replace')).hexdigest()[:12]}"
        seen[name] = seen.get(name, 0) + 1
        items.append({"id": name if seen[name] == 1 else f"{name}-{seen[name]}", "prompt": prompt})
    return items
