"""How well a judge agrees with people."""

from __future__ import annotations

from evenhand._measured import MeasuredJudge
from evenhand._results import Estimate, rate_of


class Calibration(MeasuredJudge):
    """The agreement of a judge with people.

    Attributes:
        data: The whole document that ``evenhand calibrate --format json`` prints.

    """

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
        self._raise_unless(gates)
