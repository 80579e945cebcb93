"""What calibrations of comparisons and of grades have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evenhand._flags import flags
from evenhand._process import gated_output
from evenhand._results import Estimate, Notice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from typing_extensions import Self

    from evenhand._errors import EvenhandError
    from evenhand._inputs import Source


class MeasuredJudge:
    """The agreement of a judge with people.

    Attributes:
        data: The whole document that ``evenhand calibrate --format json`` prints.

    """

    def __init__(
        self,
        data: dict[str, Any],
        run: Path,
        labels: Source,
        arguments: Sequence[str],
        failed: EvenhandError | None,
    ) -> None:
        """Use :meth:`evenhand.Run.calibrate` or :meth:`evenhand.Grades.calibrate`."""
        self.data = data
        self._run = run
        self._labels = labels
        self._arguments = tuple(arguments)
        self._failed = failed

    @classmethod
    def measure(cls, run: Path, labels: Source, arguments: Sequence[str], gates: Mapping[str, Any]) -> Self:
        """Calibrate a run with the arguments of the command; a gate that does not hold is kept for later."""
        own = {"labels": labels.argument}
        command = ["calibrate", str(run), *flags(own), *flags(gates), *arguments]
        data, failed = gated_output(command, data=labels.data)
        return cls(data, run, labels, arguments, failed)

    def __repr__(self) -> str:
        """Return the sentence that concludes."""
        return f"<{type(self).__name__}: {self.conclusion}>"

    @property
    def judge(self) -> str:
        """The name of the judge."""
        return str(self.data["judge"])

    @property
    def conclusion(self) -> str:
        """Whether to rely on the judge, as a sentence."""
        return str(self.data["conclusion"]["sentence"])

    @property
    def labelled(self) -> int:
        """How many comparisons, or graded responses, have a label."""
        return int(self.data["labelled"])

    @property
    def coverage(self) -> Estimate:
        """The share of what the run has that was kept, from 0 to 1."""
        return Estimate.of(self.data["coverage"])

    @property
    def warnings(self) -> tuple[Notice, ...]:
        """What a reader of the numbers must know."""
        return tuple(Notice(warning["code"], warning["message"]) for warning in self.data["warnings"])

    def _raise_unless(self, gates: Mapping[str, Any]) -> None:
        """Raise the exception of a gate that does not hold: of these gates, or without any of those given before."""
        failed = self._failed
        if any(gate is not None for gate in gates.values()):
            failed = self.measure(self._run, self._labels, self._arguments, gates)._failed  # noqa: SLF001
        if failed is not None:
            raise failed
