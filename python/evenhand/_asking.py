"""Asking judges about items: what judging and grading have in common."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypedDict, TypeVar

from evenhand._errors import EvenhandError
from evenhand._flags import flags
from evenhand._inputs import Rows, Source
from evenhand._judge_function import JudgeFunction, served
from evenhand._process import Process

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence

    from evenhand._frames import FrameLibrary

Judge: TypeAlias = str | JudgeFunction
"""The name of a judge as for ``evenhand judge --judge``, or a function made by :func:`evenhand.judge_function`."""

EventT = TypeVar("EventT")


class AskingOptions(TypedDict, total=False):
    """The optional arguments of asking judges, whatever they are asked."""

    run: str | os.PathLike[str] | None
    settings: Mapping[str, Any] | None
    config: str | os.PathLike[str] | None
    responses: Sequence[str]
    label_columns: Sequence[str]
    id_column: str | None
    prompt_column: str | None
    empty_cells: str | None
    tags: Mapping[str, str] | None
    limit: int | None
    seed: int | None
    repeat: int | None
    shard: tuple[int, int] | None
    quota_from: str | None
    reuse: Sequence[str | os.PathLike[str]]
    retry_failed: bool
    batch: bool
    wait: bool
    max_cost: float | None
    max_requests: int | None
    inconclusive: str | None
    only_planned: bool


class Asking(Generic[EventT]):
    """One call of a command that asks judges and prints events."""

    def __init__(
        self,
        command: str,
        items: Rows,
        rubric: str,
        judge: Judge | Sequence[Judge],
        options: AskingOptions,
        *,
        event_of: Callable[[Mapping[str, Any], FrameLibrary | None], EventT | None],
        begun: Callable[[EvenhandError, str, FrameLibrary | None], None],
    ) -> None:
        """Prepare the call.

        Args:
            command: The command.
            items: The items.
            rubric: The rubric.
            judge: The judge, or several.
            options: The other arguments.
            event_of: Returns the event of a JSON object, ``None`` for one that is not known.
            begun: Adds the run of a path to the error that has stopped it.

        Raises:
            TypeError: A judge is a function that is not decorated.

        """
        if callable(judge) and not isinstance(judge, JudgeFunction):
            raise TypeError("judge is a plain function: decorate it with @evenhand.judge_function")
        judges = [judge] if isinstance(judge, (str, JudgeFunction)) else list(judge)
        rest: dict[str, Any] = {**options}
        then = rest.get("then")
        if callable(then) and not isinstance(then, JudgeFunction):
            raise TypeError("then is a plain function: decorate it with @evenhand.judge_function")
        self._functions = [one for one in [*judges, then] if isinstance(one, JudgeFunction)]
        self._source = Source(items, options.get("responses", ()))
        names = [one.name if isinstance(one, JudgeFunction) else one for one in judges]
        own = {"rubric": rubric, "judge": names, "format": "jsonl"}
        rest["responses"] = self._source.responses
        if isinstance(then, JudgeFunction):
            rest["then"] = then.name
        quota_from = rest.pop("quota_from", None)
        self._environment = {"EVENHAND_QUOTA_FROM": str(quota_from)} if quota_from is not None else {}
        self._command = [command, self._source.argument, *flags(own), *flags(rest)]
        self._event_of = event_of
        self._begun = begun

    def events(self, stop: threading.Event | None = None) -> Iterator[EventT]:
        """Start the program and yield its events, until the end or until ``stop`` is set."""
        with served(self._functions) as (command, of_functions):
            environment = {**of_functions, **self._environment}
            process = Process([*self._command, *command], data=self._source.data, environment=environment)
            watch = threading.Thread(target=_interrupt_when, args=(stop, process), daemon=True)
            if stop is not None:
                watch.start()
            run: str | None = None
            result: EventT | None = None
            for line in process.lines():
                document = json.loads(line)
                event = self._event_of(document, self._source.frame_library)
                if document["event"] == "plan":
                    run = document["run"]
                if document["event"] == "result":
                    # It counts only if the exit code says so.
                    result = event
                elif event is not None:
                    yield event
            try:
                process.finish()
            except EvenhandError as error:
                if run is not None:
                    self._begun(error, run, self._source.frame_library)
                raise
            if result is not None:
                yield result

    async def followed(self) -> AsyncGenerator[EventT, None]:
        """Yield the events without blocking the event loop; interrupt the program if the iteration is left."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[EventT | BaseException | None] = asyncio.Queue()
        stop = threading.Event()

        def put(what: EventT | BaseException | None) -> None:
            # The loop may be closed already, if nobody waited for the end of the iteration.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(queue.put_nowait, what)

        def follow() -> None:
            try:
                for event in self.events(stop):
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


def _interrupt_when(stop: threading.Event | None, process: Process) -> None:
    if stop is not None:
        stop.wait()
        process.interrupt()
