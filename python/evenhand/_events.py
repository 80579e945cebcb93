"""What happens while judges are asked, as objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from evenhand._results import CascadeSummary, JudgeSummary, Summary
from evenhand._run import Run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evenhand._frames import FrameLibrary


@dataclass(frozen=True)
class PlanEvent:
    """The input is valid and asking begins. It is the first event.

    Attributes:
        run: The path of the run file.
        rubric: The name of the rubric.
        judges: The names of the judges.
        items: How many items have comparisons.
        comparisons: How many comparisons there are; each is judged by each judge in both orders.

    """

    run: str
    rubric: str
    judges: tuple[str, ...]
    items: int
    comparisons: int


@dataclass(frozen=True)
class ComparisonEvent:
    """A comparison has ended at a judge. Those that the run had before have no event.

    Attributes:
        judge: The name of the judge.
        id: The id of the item.
        between: The two systems.
        outcome: ``kept`` if both orders agree, ``flipped`` if they name different systems, ``split`` if one is a tie,
            ``unparsed`` if a reply has no readable vote, ``failed`` if there is none.
        winner: The preferred system, or ``"tie"``; ``None`` unless the verdict was kept.

    """

    judge: str
    id: str
    between: tuple[str, str]
    outcome: str
    winner: str | None


@dataclass(frozen=True)
class ProgressEvent:
    """The counts at a moment, at most twice in a second, and at least every five seconds.

    Attributes:
        planned: Comparisons, or responses to be graded, that are asked for now, counted once for each judge.
        done: Those that have ended.
        kept: Those of them with a kept verdict or grade.
        flipped: Those whose orders name different systems, or whose grade changed with the direction of the scale.
        failed: Those without an answer.
        in_flight: Requests that wait for their answer.
        requests: Requests sent.
        retries: Requests that repeat an earlier one.
        cost_usd: What the replies have cost in US dollars.
        seconds: Time since asking began.
        starting: Judges whose servers are being started.
        waiting: Why no request is sent, and for how many seconds more; ``None`` if none is held back.

    """

    planned: int
    done: int
    kept: int
    flipped: int
    failed: int
    in_flight: int
    requests: int
    retries: int
    cost_usd: float
    seconds: float
    starting: tuple[str, ...]
    waiting: tuple[float, str] | None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> ProgressEvent:
        """Return the event of a JSON object."""
        waiting = document["waiting"]
        values = {name: document[name] for name in cls.__dataclass_fields__}
        values["starting"] = tuple(document["starting"])
        values["waiting"] = None if waiting is None else (waiting["seconds"], waiting["reason"])
        return cls(**values)


@dataclass(frozen=True)
class ResultEvent:
    """Asking has ended. It is the last event.

    Attributes:
        run: The run.
        summary: Its result.
        requests: Requests sent this time.
        seconds: How long it took.

    """

    run: Run = field(repr=False)
    summary: Summary
    requests: int
    seconds: float


Event: TypeAlias = PlanEvent | ComparisonEvent | ProgressEvent | ResultEvent


def event_of(document: Mapping[str, Any], frame_library: FrameLibrary | None) -> Event | None:
    """Return the event of a JSON object; ``None`` for a kind of event that this version does not know."""
    kind = document["event"]
    if kind == "plan":
        return PlanEvent(
            document["run"],
            document["rubric"],
            tuple(document["judges"]),
            document["items"],
            document["comparisons"],
        )
    if kind == "comparison":
        first, second = document["between"]
        return ComparisonEvent(
            document["judge"], document["id"], (first, second), document["outcome"], document["winner"]
        )
    if kind == "progress":
        return ProgressEvent.of(document)
    if kind == "result":
        summary = Summary(
            headline=document["headline"],
            rubric=document["rubric"],
            judges=tuple(JudgeSummary.of(judge) for judge in document["judges"]),
            cascade=CascadeSummary.of(document.get("cascade")),
        )
        run = Run(document["run"], frame_library=frame_library)
        return ResultEvent(run, summary, document["requests"], document["seconds"])
    return None
