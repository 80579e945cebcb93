"""Numbers of the program as objects: estimates with intervals, win rates, the summary of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Estimate:
    """A number with its interval of 95 % confidence.

    Attributes:
        value: The number; ``None`` where it is not defined, for example because ``n`` is 0.
        low: The lower end of the interval; ``None`` where it is not defined.
        high: The upper end.
        n: How many observations it rests on. What is counted depends on the number: comparisons, replies, items.

    """

    value: float | None
    low: float | None
    high: float | None
    n: int

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Estimate:
        """Return the estimate of a JSON object with ``value``, ``low``, ``high`` and ``n``."""
        return cls(document["value"], document["low"], document["high"], document["n"])

    def __str__(self) -> str:
        """Return the number, its interval and n, such as ``0.625 (0.504 to 0.746, n 64)``."""
        if self.value is None:
            return f"undefined (n {self.n})"
        interval = "" if self.low is None or self.high is None else f"{self.low:.3f} to {self.high:.3f}, "
        return f"{self.value:.3f} ({interval}n {self.n})"

    def complement(self) -> Estimate:
        """Return 1 minus the number: the win rate of the other one of two systems, since a tie is half a win."""

        def opposite(number: float | None) -> float | None:
            return None if number is None else 1 - number

        return Estimate(opposite(self.value), opposite(self.high), opposite(self.low), self.n)

    def negative(self) -> Estimate:
        """Return the number with the opposite sign: the difference of two systems that are exchanged."""

        def opposite(number: float | None) -> float | None:
            return None if number is None else -number

        return Estimate(opposite(self.value), opposite(self.high), opposite(self.low), self.n)


@dataclass(frozen=True)
class Notice:
    """A warning about a result.

    Attributes:
        code: The stable name of the problem, such as ``low-coverage``.
        message: What the problem is, and what to do about it.

    """

    code: str
    message: str


@dataclass(frozen=True)
class Gate:
    """A threshold for a number, and whether it holds.

    Attributes:
        gate: The name of the gate, such as ``min-win-rate``.
        quantity: The number that it is about, in words.
        estimate: That number.
        threshold: The threshold.
        result: ``passed`` if the interval is above the threshold, ``missed`` if it is below, ``inconclusive`` if it
            contains it.

    """

    gate: str
    quantity: str
    estimate: Estimate
    threshold: float
    result: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Gate:
        """Return the gate of a JSON object."""
        return cls(
            document["gate"],
            document["quantity"],
            Estimate.of(document["estimate"]),
            document["threshold"],
            document["result"],
        )


@dataclass(frozen=True)
class WinRate:
    """How often a judge prefers one of two systems; a tie is half a win.

    Attributes:
        system: The system whose rate it is.
        against: The other one.
        order_averaged: The rate over all replies in both orders, from 0 to 1. No selection affects it.
        kept: The rate over the kept verdicts alone, which are a selection.
        wins: How many kept verdicts prefer ``system``.
        ties: How many kept verdicts are ties.
        at_every_look: Where asking ended when the rate was decided: the rate over the items that were looked at until
            then, with the interval that holds at every look. ``None`` elsewhere.

    """

    system: str
    against: str
    order_averaged: Estimate
    kept: Estimate
    wins: int
    ties: int
    at_every_look: Estimate | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> WinRate:
        """Return the win rate of a JSON object."""
        system = document["system"]
        (against,) = [other for other in document["between"] if other != system]
        return cls(
            system,
            against,
            Estimate.of(document["order_averaged"]),
            Estimate.of(document["kept"]),
            document["wins"],
            document["ties"],
            Estimate.of(document["at_every_look"]) if document["at_every_look"] else None,
        )


@dataclass(frozen=True)
class JudgeSummary:
    """What one judge of a run said; with several judges, the last one is the jury.

    Attributes:
        judge: The name of the judge.
        planned: How many comparisons the run has.
        outcomes: How many of them have each outcome: ``kept``, ``flipped``, ``split``, ``unparsed``, ``failed``,
            ``pending``. They add up to ``planned``.
        coverage: The share of comparisons with a kept verdict, from 0 to 1.
        consistency: The share of comparisons on which both orders agree among those with a vote in both; ``None`` for
            a jury.
        win_rates: One for each pair of systems.
        cost_usd: What the replies cost in US dollars; ``None`` where no price is known.
        replies: How many replies the run has; ``None`` for a jury.

    """

    judge: str
    planned: int
    outcomes: dict[str, int]
    coverage: Estimate
    consistency: Estimate | None
    win_rates: tuple[WinRate, ...]
    cost_usd: float | None
    replies: int | None

    @property
    def is_jury(self) -> bool:
        """Whether these are the verdicts of several judges."""
        return self.consistency is None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> JudgeSummary:
        """Return the summary of a JSON object."""
        position = document.get("position")
        return cls(
            judge=document["judge"],
            planned=document["planned"],
            outcomes=dict(document["outcomes"]),
            coverage=Estimate.of(document["coverage"]),
            consistency=None if position is None else Estimate.of(position["consistency"]),
            win_rates=tuple(WinRate.of(rate) for rate in document["win_rates"]),
            cost_usd=document.get("cost_usd"),
            replies=document.get("replies"),
        )


@dataclass(frozen=True)
class CascadeSummary:
    """What a cheap judge left to a strong one, where one was asked after the other.

    Attributes:
        cheap: The judge that was asked about everything.
        strong: The judge that was asked about the rest.
        rule: What the strong judge decides: ``"not-kept"`` or ``"margin"``.
        threshold: The least margin with which a verdict of the cheap judge stays; ``None`` for a rule without one.
        sent: The share of comparisons that the strong judge decides, from 0 to 1.

    """

    cheap: str
    strong: str
    rule: str
    threshold: float | None
    sent: Estimate

    @classmethod
    def of(cls, document: Mapping[str, Any] | None) -> CascadeSummary | None:
        """Return the summary of a JSON object; ``None`` for a run that is no cascade."""
        if document is None:
            return None
        return cls(
            cheap=document["cheap"],
            strong=document["strong"],
            rule=document["rule"],
            threshold=document["threshold"],
            sent=Estimate.of(document["sent"]),
        )


@dataclass(frozen=True)
class Summary:
    """The result of a run in numbers.

    Attributes:
        headline: What can be quoted: a sentence for each pair of systems.
        rubric: The name of the rubric.
        judges: One summary for each judge, and for several judges that of the jury last, or that of the final verdicts
            of a cascade.
        cascade: What was left to the strong judge of a cascade; ``None`` for another run.

    """

    headline: str
    rubric: str
    judges: tuple[JudgeSummary, ...]
    cascade: CascadeSummary | None = None

    def judge(self, name: str | None = None) -> JudgeSummary:
        """Return the summary of one judge; by default of the only one, of the jury, or of the final verdicts.

        Raises:
            KeyError: The run has no judge of that name.

        """
        if name is None:
            return self.judges[-1]
        for judge in self.judges:
            if judge.judge == name:
                return judge
        raise KeyError(f"there is no judge {name!r}; the judges are: {', '.join(one.judge for one in self.judges)}")


def rate_of(rates: Sequence[tuple[str, str, Estimate]], system: str, against: str | None) -> Estimate:
    """Return the win rate of a system against another one, given the rates of systems against others.

    Raises:
        KeyError: The systems were not compared.
        ValueError: The system was compared with several others, and ``against`` is not given.

    """
    found: dict[str, Estimate] = {}
    for one, other, estimate in rates:
        if one == system:
            found[other] = estimate
        elif other == system:
            found[one] = estimate.complement()
    if not found:
        systems = sorted({name for one, other, _estimate in rates for name in (one, other)})
        raise KeyError(f"there is no system {system!r} in this run; its systems are: {', '.join(systems)}")
    if against is None and len(found) > 1:
        raise ValueError(f"{system!r} was compared with {', '.join(map(repr, found))}: say against which one")
    if against is None:
        (only,) = found.values()
        return only
    if against not in found:
        others = ", ".join(map(repr, found))
        raise KeyError(f"{system!r} was not compared with {against!r}, but with {others}")
    return found[against]
