"""Exceptions: one class for each exit code of the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evenhand._grades import Grades
    from evenhand._responses import Responses
    from evenhand._run import Run


class EvenhandWarning(UserWarning):
    """A warning that the program prints: something that does not stop it and that a reader should know."""


class EvenhandError(Exception):
    """The program failed.

    Attributes:
        code: The exit code of the program.
        message: What happened and where, as one sentence.
        details: More about it, such as what a server said.
        hint: What to do about it. Flags in it, such as ``--empty-cells``, are arguments of the same name here, such
            as ``empty_cells``.
        file: The file that is wrong, ``stdin`` for data of this process; ``None`` if it is about no file.
        line: The line in it, from 1. Rows of this process are sent as a table, whose first row is on line 2; where
            texts have line breaks, the message also says the row.
        field: The field or column.
        run: The run, if its file exists. Judging again with the same arguments continues it.
        grades: Of :func:`evenhand.grade`: the run of grades, if its file exists. Grading again continues it.
        responses: Of :func:`evenhand.generate`: the responses that there are, if systems were asked. The same call
            continues.

    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        code: int,
        details: Sequence[str] = (),
        hint: str | None = None,
        file: str | None = None,
        line: int | None = None,
        field: str | None = None,
    ) -> None:
        """Create the exception; see the attributes."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = tuple(details)
        self.hint = hint
        self.file = file
        self.line = line
        self.field = field
        self.run: Run | None = None
        self.grades: Grades | None = None
        self.responses: Responses | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the exception pass between processes."""
        state = {key: value for key, value in vars(self).items() if key != "run"}
        return _restore, (type(self), state, None if self.run is None else str(self.run.path))

    def __str__(self) -> str:
        """Return message, details and hint, each on lines of its own."""
        lines = [self.message, *(f"  {detail}" for detail in self.details)]
        if self.hint is not None:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)


class InternalError(EvenhandError):
    """A fault of evenhand itself, or the program was killed."""

    exit_code = 1


class UsageError(EvenhandError):
    """The arguments contradict each other, or one of them has no meaning here."""

    exit_code = 2


class InputError(EvenhandError):
    """A file, a row, a field or an environment variable is missing or malformed."""

    exit_code = 3


class EndpointError(EvenhandError):
    """No request has succeeded, or the server of a judge or a system refuses everything."""

    exit_code = 4


class Incomplete(EvenhandError):  # noqa: N818
    """Some comparisons, grades or responses are still open; the same call again continues."""

    exit_code = 5


class GateMissed(EvenhandError):  # noqa: N818
    """A gate was missed: the whole interval is below the threshold."""

    exit_code = 6


class RunFileError(EvenhandError):
    """The run file is locked, contains another run, is of a newer format, or cannot be written."""

    exit_code = 7


class GateInconclusive(EvenhandError):  # noqa: N818
    """A gate is inconclusive: the interval contains the threshold, or no verdict or grade was kept."""

    exit_code = 8


CLASSES: dict[int, type[EvenhandError]] = {
    kind.exit_code: kind
    for kind in (
        InternalError,
        UsageError,
        InputError,
        EndpointError,
        Incomplete,
        GateMissed,
        RunFileError,
        GateInconclusive,
    )
}
# The program was interrupted or terminated by somebody else; its records are safe.
CLASSES[130] = CLASSES[143] = Incomplete


def _restore(kind: type[EvenhandError], state: dict[str, Any], run: str | None) -> EvenhandError:
    from evenhand._run import Run  # noqa: PLC0415 - imports this module

    error = kind(state["message"], code=state["code"])
    vars(error).update(state)
    error.run = None if run is None else Run(run)
    return error
