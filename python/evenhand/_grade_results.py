"""Numbers of runs of grades as objects: the scale, pass rates and mean steps of systems, and their differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evenhand._results import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class GradeScale:
    """The grades that a rubric allows.

    Attributes:
        steps: The names of the steps, the worst first.
        pass_from: The lowest step that passes; ``None`` if the rubric does not say what passes.
        cannot_assess: Whether the judge may say that a response cannot be assessed.

    """

    steps: tuple[str, ...]
    pass_from: str | None
    cannot_assess: bool

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> GradeScale:
        """Return the scale of a JSON object, whose steps are names or have names."""
        steps = tuple(step if isinstance(step, str) else step["name"] for step in document["steps"])
        return cls(steps, document["pass_from"], document["cannot_assess"])

    def step(self, grade: str | None) -> int | None:
        """Return the number of a step, from 1 for the worst; ``None`` for what is no step: ``cannot assess``."""
        return self.steps.index(grade) + 1 if grade in self.steps else None

    def passes(self, grade: str | None) -> bool | None:
        """Return whether a grade passes; ``None`` for what is no step, and if the rubric does not say what passes."""
        step, least = self.step(grade), self.step(self.pass_from)
        return None if step is None or least is None else step >= least


@dataclass(frozen=True)
class PassBounds:
    """Bounds of a pass rate over whatever the responses without a kept step deserve, from 0 to 1.

    Attributes:
        low: The rate if all of them fail.
        high: The rate if all of them pass.
        ci_low: The lower end of the interval of 95 % that covers the rate, wherever it lies between the bounds.
        ci_high: The upper end of it.

    """

    low: float
    high: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class PassRate:
    """How often the responses of a system pass, from 0 to 1. Those that cannot be assessed are in none of these.

    Attributes:
        averaged: Of every response that has a step in both directions of the scale, kept or not: ½ where it passes in
            one of them.
        kept: Over kept grades alone, which are a selection.
        bounds: What the rate can be, whatever the responses without a kept step deserve; ``None`` without a response.
        one_direction: Over responses with a step in one direction only; ``None`` without any.

    """

    averaged: Estimate
    kept: Estimate
    bounds: PassBounds | None
    one_direction: Estimate | None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> PassRate:
        """Return the pass rate of a JSON object."""
        bounds, one_direction = document["bounds"], document["one_direction"]
        ends = PassBounds.__dataclass_fields__
        return cls(
            averaged=Estimate.of(document["averaged"]),
            kept=Estimate.of(document["kept"]),
            bounds=None if bounds is None else PassBounds(**{end: bounds[end] for end in ends}),
            one_direction=None if one_direction is None else Estimate.of(one_direction),
        )


@dataclass(frozen=True)
class SystemGrades:
    """How the responses of one system were graded.

    Attributes:
        system: The system.
        planned: How many responses it has in the run.
        kept: How many of them have a kept grade.
        cannot_assess: How many were kept as impossible to assess, which no other number here counts.
        steps: How often each step was kept, by its name, the worst first.
        pass_rate: How often a response passes; ``None`` if the rubric does not say what passes.
        mean_step: The mean step, from 1 for the worst to the number of steps, over every response that has one in both
            directions of the scale.

    """

    system: str
    planned: int
    kept: int
    cannot_assess: int
    steps: dict[str, int]
    pass_rate: PassRate | None
    mean_step: Estimate

    @classmethod
    def of(cls, document: Mapping[str, Any], scale: GradeScale) -> SystemGrades:
        """Return the grades of a JSON object, whose counts are those of the steps of a scale."""
        rate = document["pass_rate"]
        return cls(
            system=document["system"],
            planned=document["planned"],
            kept=document["kept"],
            cannot_assess=document["cannot_assess"],
            steps=dict(zip(scale.steps, document["steps"], strict=True)),
            pass_rate=None if rate is None else PassRate.of(rate),
            mean_step=Estimate.of(document["mean_step"]),
        )


@dataclass(frozen=True)
class GradeDifference:
    """How two systems differ, over the items on which both have a number.

    Attributes:
        system: The system whose number comes first in the differences.
        against: The other one.
        pass_rates: The pass rates of both over these items, by system; ``None`` if there are none.
        mean_steps: The mean steps of both over these items, by system; ``None`` if there are none.
        pass_rate: The pass rate of ``system`` minus that of ``against``, from -1 to 1; ``None`` if the rubric does not
            say what passes.
        mean_step: The mean step of ``system`` minus that of ``against``.
        p_value: Of no difference, two-sided: in the pass rate, or in the mean step if the rubric does not say what
            passes; ``None`` where it is not defined.

    """

    system: str
    against: str
    pass_rates: dict[str, float] | None
    mean_steps: dict[str, float] | None
    pass_rate: Estimate | None
    mean_step: Estimate
    p_value: float | None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> GradeDifference:
        """Return the difference of a JSON object."""
        between, system, pass_rate = document["between"], document["system"], document["pass_rate"]
        (against,) = [other for other in between if other != system]

        def by_system(numbers: Sequence[float] | None) -> dict[str, float] | None:
            return None if numbers is None else dict(zip(between, numbers, strict=True))

        return cls(
            system=system,
            against=against,
            pass_rates=by_system(document["pass_rates"]),
            mean_steps=by_system(document["mean_steps"]),
            pass_rate=None if pass_rate is None else Estimate.of(pass_rate),
            mean_step=Estimate.of(document["mean_step"]),
            p_value=document["p_value"],
        )

    def opposite(self) -> GradeDifference:
        """Return the difference with the two systems exchanged."""
        return GradeDifference(
            system=self.against,
            against=self.system,
            pass_rates=self.pass_rates,
            mean_steps=self.mean_steps,
            pass_rate=None if self.pass_rate is None else self.pass_rate.negative(),
            mean_step=self.mean_step.negative(),
            p_value=self.p_value,
        )


@dataclass(frozen=True)
class ScaleOrderEffect:
    """What the direction of the scale does to a judge.

    Attributes:
        consistency: The share of responses with the same grade in both directions among those with a grade in both.
        higher_when_reversed: How many changed grades are higher with the scale reversed.
        lower_when_reversed: How many are lower.
        assessed_once: How many responses could not be assessed in one of the directions.
        step_difference: The mean step with the scale reversed minus that with the scale as written.
        p_value: Exact two-sided p-value of higher and lower being equally likely; 1 without a changed grade.

    """

    consistency: Estimate
    higher_when_reversed: int
    lower_when_reversed: int
    assessed_once: int
    step_difference: Estimate
    p_value: float

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> ScaleOrderEffect:
        """Return the effect of a JSON object."""
        return cls(
            consistency=Estimate.of(document["consistency"]),
            higher_when_reversed=document["higher_when_reversed"],
            lower_when_reversed=document["lower_when_reversed"],
            assessed_once=document["assessed_once"],
            step_difference=Estimate.of(document["step_difference"]),
            p_value=document["p_value"],
        )


@dataclass(frozen=True)
class JudgeGrades:
    """What one judge of a run said; with several judges, the last one is the jury.

    Attributes:
        judge: The name of the judge.
        planned: How many responses the run has.
        outcomes: How many of them have each outcome: ``kept``, ``changed``, ``unparsed``, ``failed``, ``pending``; of a
            jury ``kept``, ``hung``, ``pending``. They add up to ``planned``.
        coverage: The share of responses with a kept grade, from 0 to 1.
        systems: One for each system, in the order of their names.
        pairs: How each pair of systems differs.
        order: What the direction of the scale does; ``None`` for a jury.
        stability: The share of pairs of repeats in the same direction that give the same grade; ``None`` without
            repeats, and for a jury.
        cost_usd: What the replies cost in US dollars; ``None`` where no price is known.
        replies: How many replies the run has; 0 for a jury.

    """

    judge: str
    planned: int
    outcomes: dict[str, int]
    coverage: Estimate
    systems: tuple[SystemGrades, ...]
    pairs: tuple[GradeDifference, ...]
    order: ScaleOrderEffect | None
    stability: Estimate | None
    cost_usd: float | None
    replies: int

    @property
    def is_jury(self) -> bool:
        """Whether these are the grades of several judges."""
        return self.order is None

    @classmethod
    def of(cls, document: Mapping[str, Any], scale: GradeScale) -> JudgeGrades:
        """Return the grades of a JSON object on a scale."""
        order, stability = document["order"], document["stability"]
        return cls(
            judge=document["judge"],
            planned=document["planned"],
            outcomes=dict(document["outcomes"]),
            coverage=Estimate.of(document["coverage"]),
            systems=tuple(SystemGrades.of(system, scale) for system in document["systems"]),
            pairs=tuple(GradeDifference.of(pair) for pair in document["pairs"]),
            order=None if order is None else ScaleOrderEffect.of(order),
            stability=None if stability is None else Estimate.of(stability),
            cost_usd=document["cost_usd"],
            replies=document["replies"],
        )

    def system(self, name: str) -> SystemGrades:
        """Return the grades of one system.

        Raises:
            KeyError: The run has no system of that name.

        """
        for system in self.systems:
            if system.system == name:
                return system
        raise KeyError(f"there is no system {name!r}; the systems are: {', '.join(one.system for one in self.systems)}")


@dataclass(frozen=True)
class GradeSummary:
    """The result of a run of grades in numbers.

    Attributes:
        headline: What can be quoted: how often the responses of each system pass, or how systems differ.
        rubric: The name of the rubric.
        scale: The grades that it allows.
        judges: One for each judge, and for several judges that of the jury last.

    """

    headline: str
    rubric: str
    scale: GradeScale
    judges: tuple[JudgeGrades, ...]

    @classmethod
    def of(cls, document: Mapping[str, Any], headline: str) -> GradeSummary:
        """Return the summary of a JSON object, with its headline."""
        scale = GradeScale.of(document["scale"])
        judges = tuple(JudgeGrades.of(judge, scale) for judge in document["judges"])
        return cls(headline=headline, rubric=document["rubric"], scale=scale, judges=judges)

    def judge(self, name: str | None = None) -> JudgeGrades:
        """Return the grades of one judge; by default of the only one, or of the jury.

        Raises:
            KeyError: The run has no judge of that name.

        """
        if name is None:
            return self.judges[-1]
        for judge in self.judges:
            if judge.judge == name:
                return judge
        raise KeyError(f"there is no judge {name!r}; the judges are: {', '.join(one.judge for one in self.judges)}")


def difference_of(pairs: Sequence[GradeDifference], system: str, against: str | None) -> GradeDifference:
    """Return how a system differs from another one, given the differences of pairs.

    Raises:
        KeyError: There is no such pair of systems.
        ValueError: There are several other systems, and ``against`` is not given.

    """
    found: dict[str, GradeDifference] = {}
    for pair in pairs:
        if pair.system == system:
            found[pair.against] = pair
        elif pair.against == system:
            found[pair.system] = pair.opposite()
    if not found:
        systems = sorted({name for pair in pairs for name in (pair.system, pair.against)})
        raise KeyError(f"there is no pair with {system!r}; the systems of pairs are: {', '.join(systems) or 'none'}")
    if against is None and len(found) > 1:
        raise ValueError(f"{system!r} can be compared with {', '.join(map(repr, found))}: say against which one")
    if against is None:
        (only,) = found.values()
        return only
    if against not in found:
        raise KeyError(f"there is no pair of {system!r} and {against!r}, but with {', '.join(map(repr, found))}")
    return found[against]
