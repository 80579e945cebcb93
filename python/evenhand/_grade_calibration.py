"""How well a judge of single responses agrees with people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evenhand._grade_results import GradeScale, ScaleOrderEffect
from evenhand._measured import MeasuredJudge
from evenhand._results import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping


class GradeCalibration(MeasuredJudge):
    """The agreement of a judge of single responses with people.

    Attributes:
        data: The whole document that ``evenhand calibrate --format json`` prints.

    """

    @property
    def scale(self) -> GradeScale:
        """The grades that the rubric allows."""
        return GradeScale.of(self.data["scale"])

    @property
    def headline(self) -> str:
        """What can be quoted: whether to rely on the judge, and how often people would pass each system."""
        return str(self.data["headline"])

    @property
    def kappa(self) -> Estimate:
        """κ of every reply with the labels, from -1 to 1: Cohen's of two steps, the weighted one of more."""
        return self._kappa("replies")

    @property
    def agreement(self) -> Estimate:
        """The share of replies that give the grade of the label, from 0 to 1; an unreadable reply agrees with none."""
        return Estimate.of(self.data["replies"]["agreement"])

    @property
    def kept_kappa(self) -> Estimate:
        """κ of the kept grades, which are a selection: Cohen's of two steps, the weighted one of more."""
        return self._kappa("kept")

    @property
    def kept_agreement(self) -> Estimate:
        """The share of kept grades that are those of the labels, from 0 to 1."""
        return Estimate.of(self.data["kept"]["agreement"])

    @property
    def bias(self) -> Estimate:
        """By how many steps kept grades are higher than the labels, on average."""
        return Estimate.of(self.data["kept"]["bias"])

    @property
    def true_positive_rate(self) -> Estimate:
        """The share of replies that pass a response among those about responses that people pass, from 0 to 1."""
        return Estimate.of(self.data["replies"]["true_positive_rate"])

    @property
    def true_negative_rate(self) -> Estimate:
        """The share of replies that fail a response among those about responses that people fail, from 0 to 1."""
        return Estimate.of(self.data["replies"]["true_negative_rate"])

    @property
    def order(self) -> ScaleOrderEffect:
        """What the direction of the scale does to the judge; of a jury, to all its judges."""
        return ScaleOrderEffect.of(self.data["order"])

    @property
    def best_pass_from(self) -> str | None:
        """The lowest step of the judge that is best taken as a pass; ``None`` where the labels cannot say.

        It is chosen on the dev half of the items. ``data["thresholds"]`` has the rates of every step, and those of this
        one on the test half.
        """
        thresholds = self.data["thresholds"]
        return None if thresholds is None else str(thresholds["chosen"])

    def pass_rate(self, system: str) -> Estimate:
        """Return how often people pass the responses of a system: the judge's grades corrected by the labels (PPI++).

        Args:
            system: The system.

        Returns:
            The rate from 0 to 1; undefined where the labels do not represent the run.

        Raises:
            KeyError: There is no such system.
            ValueError: The rubric does not say what passes.

        """
        rate = self._system(system)["pass_rate"]
        if rate is None:
            raise ValueError("the rubric does not say what passes: name the lowest step that does as pass_from")
        return Estimate.of(rate["ppi"])

    def mean_step(self, system: str) -> Estimate:
        """Return the mean step that people give the responses of a system: corrected as for :meth:`pass_rate`.

        Args:
            system: The system.

        Returns:
            The mean from 1 for the worst step to the number of steps.

        Raises:
            KeyError: There is no such system.

        """
        return Estimate.of(self._system(system)["mean_step"]["ppi"])

    def difference(self, system: str, against: str | None = None) -> Estimate:
        """Return by how much people pass a system more often than another one: corrected as for :meth:`pass_rate`.

        Args:
            system: The system.
            against: The other one; may be left out if there is only one.

        Returns:
            The difference of the pass rates, from -1 to 1.

        Raises:
            KeyError: There is no such pair of systems.
            ValueError: There are several other systems and ``against`` is not given, or the rubric does not say what
                passes.

        """
        others = {name: pair for pair in self.data["pairs"] for name in _others(pair, system)}
        if not others or (against is not None and against not in others):
            wanted = repr(system) if against is None else f"{system!r} and {against!r}"
            raise KeyError(f"there is no pair of {wanted}; {system!r} has pairs with: {', '.join(others) or 'none'}")
        if against is None and len(others) > 1:
            raise ValueError(f"{system!r} can be compared with {', '.join(map(repr, others))}: say against which one")
        (found,) = others.values() if against is None else [others[against]]
        if found["pass_rate_difference"] is None:
            raise ValueError("the rubric does not say what passes: name the lowest step that does as pass_from")
        estimate = Estimate.of(found["pass_rate_difference"]["ppi"])
        return estimate if found["system"] == system else estimate.negative()

    def raise_if(
        self,
        *,
        min_kappa: float | None = None,
        min_coverage: float | None = None,
        min_consistency: float | None = None,
        min_pass_rate: Mapping[str, float] | None = None,
    ) -> None:
        """Raise an exception unless the gates hold.

        Without arguments the gates are those given to :meth:`evenhand.Grades.calibrate`. With arguments the program
        checks again; for the test half of the items, that is one more look at it, which is counted.

        Raises:
            GateMissed: The whole interval is below the threshold.
            GateInconclusive: The interval contains the threshold, or the number is undefined.

        """
        gates = {
            "min_kappa": min_kappa,
            "min_coverage": min_coverage,
            "min_consistency": min_consistency,
            "min_pass_rate": min_pass_rate,
        }
        self._raise_unless(gates)

    def _kappa(self, what: str) -> Estimate:
        kind = "cohen_kappa" if len(self.data["scale"]["steps"]) == 2 else "weighted_kappa"  # noqa: PLR2004
        return Estimate.of(self.data[what][kind])

    def _system(self, name: str) -> dict[str, Any]:
        for system in self.data["systems"]:
            if system["system"] == name:
                found: dict[str, Any] = system
                return found
        names = ", ".join(system["system"] for system in self.data["systems"])
        raise KeyError(f"there is no system {name!r}; the systems are: {names}")


def _others(pair: Mapping[str, Any], system: str) -> list[str]:
    """Return the other system of a pair that has a system; none if it has not."""
    between: list[str] = pair["between"]
    return [name for name in between if name != system] if system in between else []
