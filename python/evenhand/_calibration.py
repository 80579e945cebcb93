"""How well a judge agrees with people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evenhand._flags import flags
from evenhand._process import gated_output
from evenhand._results import Estimate, Notice, rate_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evenhand._errors import EvenhandError
    from evenhand._inputs import Source


class Calibration:
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
        """Use :meth:`evenhand.Run.calibrate`."""
        self.data = data
        self._run = run
        self._labels = labels
        self._arguments = tuple(arguments)
        self._failed = failed

    @classmethod
    def measure(
        cls, run: Path, labels: Source, arguments: Sequence[str], gates: Mapping[str, float | None]
    ) -> Calibration:
        """Calibrate a run with the arguments of the command; a gate that does not hold is kept for later."""
        own = {"labels": labels.argument}
        command = ["calibrate", str(run), *flags(own), *flags(gates), *arguments]
        data, failed = gated_output(command, data=labels.data)
        return cls(data, run, labels, arguments, failed)

    def __repr__(self) -> str:
        """Return the sentence that concludes."""
        return f"<Calibration: {self.conclusion}>"

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
        """How many comparisons have a label."""
        return int(self.data["labelled"])

    @property
    def kappa(self) -> Estimate:
        """Cohen's κ of every reply with the labels, from -1 to 1; no selection affects it."""
        return Estimate.of(self.data["orders"]["cohen_kappa"])

    @property
    def agreement(self) -> Estimate:
        """The share of replies that agree with the label, from 0 to 1; an unreadable reply agrees with nothing."""
        return Estimate.of(self.data["orders"]["agreement"])

    @property
    def kept_kappa(self) -> Estimate:
        """Cohen's κ of the kept verdicts, which are a selection."""
        return Estimate.of(self.data["kept"]["cohen_kappa"])

    @property
    def kept_agreement(self) -> Estimate:
        """The share of kept verdicts that agree with the label, from 0 to 1."""
        return Estimate.of(self.data["kept"]["agreement"])

    @property
    def coverage(self) -> Estimate:
        """The share of comparisons with a kept verdict, from 0 to 1."""
        return Estimate.of(self.data["coverage"])

    @property
    def warnings(self) -> tuple[Notice, ...]:
        """What a reader of the numbers must know."""
        return tuple(Notice(warning["code"], warning["message"]) for warning in self.data["warnings"])

    def win_rate(self, system: str, against: str | None = None) -> Estimate:
        """Return how often people prefer a system: the judge's replies corrected by the labels (PPI++).

        Args:
            system: The system.
            against: The other one; may be left out if the system was compared with one other.

        Returns:
            The rate from 0 to 1; undefined where the labels do not represent the run.

        Raises:
            KeyError: The systems were not compared.
            ValueError: The system was compared with several others, and ``against`` is not given.

        """
        rates = []
        for rate in self.data["win_rates"]:
            (other,) = [name for name in rate["between"] if name != rate["system"]]
            rates.append((rate["system"], other, Estimate.of(rate["ppi"])))
        return rate_of(rates, system, against)

    def raise_if(
        self,
        *,
        min_kappa: float | None = None,
        min_coverage: float | None = None,
        min_consistency: float | None = None,
    ) -> None:
        """Raise an exception unless the gates hold.

        Without arguments the gates are those given to :meth:`evenhand.Run.calibrate`. With arguments the program
        checks again; for the test half of the items, that is one more look at it, which is counted.

        Raises:
            GateMissed: The whole interval is below the threshold.
            GateInconclusive: The interval contains the threshold, or the number is undefined.

        """
        gates = {"min_kappa": min_kappa, "min_coverage": min_coverage, "min_consistency": min_consistency}
        failed = self._failed
        if any(threshold is not None for threshold in gates.values()):
            failed = Calibration.measure(self._run, self._labels, self._arguments, gates)._failed  # noqa: SLF001
        if failed is not None:
            raise failed
