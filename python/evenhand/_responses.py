"""Responses that systems were asked for: the items files that have them, and the numbers of each system."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand._frames import FrameLibrary, default_library, frame

if TYPE_CHECKING:
    from collections.abc import Mapping

_COLUMNS = {
    "system": "text",
    "model": "text",
    "planned": "count",
    "responded": "count",
    "failed": "count",
    "broken_off": "count",
    "pending": "count",
    "cut_off": "count",
    "unfinished": "count",
    "refused": "count",
    "empty": "count",
    "reasoning_removed": "count",
    "asked_again": "count",
    "prompt_tokens": "count",
    "completion_tokens": "count",
    "cost": "number",
    "median_latency_ms": "number",
}


@dataclass(frozen=True)
class SystemSummary:
    """How the responses of one system have ended, over all samples.

    Attributes:
        system: The name of the system.
        model: The model that the server named in the first response; ``None`` if it named none.
        planned: How many responses it is asked for. The next four add up to it.
        responded: Of those, given.
        failed: Of those, failed: every attempt was rejected, or the attempts are used up.
        broken_off: Of those, broken off by the server each time.
        pending: Of those, not asked yet or without an answer.
        cut_off: Of the responses given, those that ended at the limit of their length.
        unfinished: Of the responses given, those that ended before their end for another reason.
        refused: Of the responses given, refusals.
        empty: Of the responses given, those without text.
        reasoning_removed: Of the responses given, those whose reply began with reasoning, which was left out.
        asked_again: Responses that were asked for again this time, because the request has changed.
        prompt_tokens: The tokens of the prompts of those responses whose tokens are known.
        completion_tokens: The tokens of these responses.
        cost: What the responses cost in US dollars; ``None`` where a price or a count of tokens is not known.
        median_latency_ms: The median time from a request to its response, in milliseconds; ``None`` without a response.

    """

    system: str
    model: str | None
    planned: int
    responded: int
    failed: int
    broken_off: int
    pending: int
    cut_off: int
    unfinished: int
    refused: int
    empty: int
    reasoning_removed: int
    asked_again: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    median_latency_ms: float | None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> SystemSummary:
        """Return the summary of a JSON object."""
        return cls(**{name: document[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Responses:
    """The responses of systems. It stands for its items file: :func:`evenhand.judge` takes it as items.

    Attributes:
        systems: The numbers of each system, in the order in which the systems were given.
        items: The items files, one for each sample; none if no item has the responses that it needs.
        run: The run file, which keeps every answer.
        item_count: How many items were written, over all samples.
        left_out: How many items were not: they lack a response, or one to be compared with.
        requests: Requests sent this time.
        retries: Requests of those that repeat an earlier one.
        seconds: How long asking took this time.
        frame_library: What tables are returned as, those of a run that judges these responses too: the library of the
            prompts. ``None`` is the first of pandas and polars that is installed.

    """

    systems: tuple[SystemSummary, ...]
    items: tuple[Path, ...]
    run: Path
    item_count: int
    left_out: int
    requests: int
    retries: int
    seconds: float
    frame_library: FrameLibrary | None = field(default=None, repr=False)

    @classmethod
    def of(cls, document: Mapping[str, Any], frame_library: FrameLibrary | None) -> Responses:
        """Return the responses of the document that ``evenhand generate --format json`` prints."""
        return cls(
            systems=tuple(SystemSummary.of(system) for system in document["systems"]),
            items=tuple(Path(path) for path in document["to"]),
            run=Path(document["run"]),
            item_count=document["items"],
            left_out=document["left_out"],
            requests=document["requests"],
            retries=document["retries"],
            seconds=document["seconds"],
            frame_library=frame_library,
        )

    def __fspath__(self) -> str:
        """Return the path of the items file.

        Raises:
            ValueError: There are several, or none was written.

        """
        if not self.items:
            raise ValueError(f"no items were written; the answers so far are in {self.run}")
        if len(self.items) > 1:
            raise ValueError(
                f"there are {len(self.items)} items files, one for each sample: judge each in a run of its own "
                "(responses.items[0], run=…)"
            )
        return str(self.items[0])

    def system(self, name: str) -> SystemSummary:
        """Return the numbers of one system.

        Raises:
            KeyError: No system of that name was asked.

        """
        for system in self.systems:
            if system.system == name:
                return system
        raise KeyError(f"there is no system {name!r}; the systems are: {', '.join(one.system for one in self.systems)}")

    def frame(self, frame_library: FrameLibrary | None = None) -> Any:
        """Return one row for each system, with the attributes of :class:`SystemSummary` as columns."""
        library = default_library(self.frame_library) if frame_library is None else frame_library
        return frame([asdict(system) for system in self.systems], _COLUMNS, library)

    def _repr_html_(self) -> str | None:
        """Return the table that a notebook shows, if there is a library of data frames."""
        table = self.frame()
        return str(table._repr_html_()) if hasattr(table, "_repr_html_") else None
