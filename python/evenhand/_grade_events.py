"""What happens while judges grade single responses, as objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from evenhand._events import ProgressEvent
from evenhand._grade_results import GradeSummary
from evenhand._grades import Grades

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evenhand._frames import FrameLibrary


@dataclass(frozen=True)
class GradePlanEvent:
    """The input is valid and asking begins. It is the first event.

    Attributes:
        run: The path of the run file.
        rubric: The name of the rubric.
        judges: The names of the judges.
        items: How many items have responses.
        responses: How many responses there are; each is graded by each judge in both directions of the scale.

    """

    run: str
    rubric: str
    judges: tuple[str, ...]
    items: int
    responses: int


@dataclass(frozen=True)
class GradeEvent:
    """The grading of a response by a judge has ended. Those that the run had before have no event.

    Attributes:
        judge: The name of the judge.
        id: The id of the item.
        system: The system that gave the response.
        outcome: ``kept`` if both directions of the scale give the same grade, ``changed`` if they do not, ``unparsed``
            if a reply has no readable grade, ``failed`` if there is none.
        grade: The name of a step, or ``"cannot assess"``; ``None`` unless the grade was kept.

    """

    judge: str
    id: str
    system: str
    outcome: str
    grade: str | None


@dataclass(frozen=True)
class GradeResultEvent:
    """Asking has ended. It is the last event.

    Attributes:
        grades: The run of grades.
        summary: Its result.
        requests: Requests sent this time.
        seconds: How long it took.

    """

    grades: Grades = field(repr=False)
    summary: GradeSummary
    requests: int
    seconds: float


GradingEvent: TypeAlias = GradePlanEvent | GradeEvent | ProgressEvent | GradeResultEvent


def grading_event_of(document: Mapping[str, Any], frame_library: FrameLibrary | None) -> GradingEvent | None:
    """Return the event of a JSON object; ``None`` for a kind of event that this version does not know."""
    kind = document["event"]
    if kind == "plan":
        return GradePlanEvent(
            document["run"],
            document["rubric"],
            tuple(document["judges"]),
            document["items"],
            document["responses"],
        )
    if kind == "grade":
        return GradeEvent(**{name: document[name] for name in GradeEvent.__dataclass_fields__})
    if kind == "progress":
        return ProgressEvent.of(document)
    if kind == "result":
        grades = Grades(document["run"], frame_library=frame_library)
        summary = GradeSummary.of(document, document["headline"])
        return GradeResultEvent(grades, summary, document["requests"], document["seconds"])
    return None
