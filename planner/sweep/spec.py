"""The format of sweep files: what varies, how, and what is reported."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from planner.errors import InputError, Mark, Problem, Problems
from planner.scenario.load import problems_of
from planner.scenario.reader import Node, read_yaml

Made = TypeVar("Made")
MOST_RUNS = 1_000_000
MOST_STEPS = 10_000
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
TAKEN = frozenset({"run", "key", "status", "reason", "total_cost", "capex"})
"""Columns of the table of runs that no input may be called."""


class Part(BaseModel):
    """An object of a sweep file: frozen, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Range(Part):
    """Numbers at equal distances, both ends included."""

    from_: float = Field(alias="from", description="First number.")
    to: float = Field(description="Last number.")
    steps: int = Field(5, ge=2, le=MOST_STEPS, description="How many numbers, both ends included; random designs draw between the ends.")

    def numbers(self) -> list[float]:
        """The numbers, each without the rounding of many additions."""
        last = self.steps - 1
        return [self.from_ + (self.to - self.from_) * place / last for place in range(self.steps)]


class Normal(Part):
    """A normal distribution, perhaps cut off at either end."""

    mean: float = Field(description="Mean before anything is cut off.")
    sd: float = Field(gt=0, description="Standard deviation before anything is cut off.")
    low: float | None = Field(None, description="Nothing below.")
    high: float | None = Field(None, description="Nothing above.")

    @model_validator(mode="after")
    def _ordered(self) -> Normal:
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise flaw(f"low is {self.low:g} and high {self.high:g}", "write a low below the high", "low")
        return self


class Lognormal(Part):
    """A distribution of what is multiplied up by many causes: its logarithm is normal."""

    median: float = Field(gt=0, description="As often below as above.")
    sigma: float = Field(gt=0, description="Standard deviation of the natural logarithm; 0.3 is about ±30 %.")


KINDS = ("values", "range", "factor", "uniform", "triangular", "normal", "lognormal")
UNBOUNDED = ("normal", "lognormal")
BY_NAME = ("grid", "one_at_a_time")
"""Designs that need no size."""


class Variation(Part):
    """What varies: one or several keys of the scenario, which take the same value, or are multiplied by the same factor."""

    path: str | None = Field(None, description="Key of the scenario, by the path that --set takes; * stands for every entry of a map or list.")
    paths: tuple[str, ...] = Field((), description="Several keys that vary together.")
    label: str = Field("", description="Name shown in tables and charts.")
    values: tuple[Any, ...] | None = Field(None, min_length=1, description="The values themselves: anything that may stand at the path.")
    range: Range | None = Field(None, description="{from, to, steps}: numbers at equal distances.")
    factor: Range | None = Field(None, description="{from, to, steps}: what stands at the path is multiplied by these.")
    uniform: tuple[float, float] | None = Field(None, description="[low, high]: any number between, each as likely.")
    triangular: tuple[float, float, float] | None = Field(None, description="[low, most likely, high].")
    normal: Normal | None = Field(None, description="{mean, sd, low, high}: a normal distribution, cut off at low and high where given.")
    lognormal: Lognormal | None = Field(None, description="{median, sigma}: a lognormal distribution.")
    as_: Literal["value", "factor"] = Field("value", alias="as", description="factor: the numbers multiply what stands at the path.")
    unit: str = Field("", description="Written behind each number, such as '%' or USD/kg.")

    @property
    def kind(self) -> str:
        """The one key that says how it varies."""
        return next(name for name in KINDS if getattr(self, name) is not None)

    @property
    def keys(self) -> tuple[str, ...]:
        """Paths of all that varies."""
        return self.paths if self.path is None else (self.path, *self.paths)

    @property
    def multiplies(self) -> bool:
        """Whether numbers are factors on what stands there."""
        return self.kind == "factor" or self.as_ == "factor"

    @property
    def levels(self) -> list[Any] | None:
        """All values where they are listed; None of a distribution."""
        if self.values is not None:
            return list(self.values)
        steps = self.range or self.factor
        return None if steps is None else list(steps.numbers())

    @model_validator(mode="after")
    def _whole(self) -> Variation:
        kinds = [name for name in KINDS if getattr(self, name) is not None]
        if not self.keys:
            raise flaw("says nothing of what varies", "add path: suppliers.….price")
        if len(kinds) != 1:
            raise flaw(f"has {' and '.join(kinds) if kinds else 'nothing'} to say how it varies", f"write one of {', '.join(KINDS)}")
        if self.uniform is not None and self.uniform[0] >= self.uniform[1]:
            raise flaw("low is not below high", "write uniform: [low, high]", "uniform")
        if self.triangular is not None and not (self.triangular[0] <= self.triangular[1] <= self.triangular[2] > self.triangular[0]):
            raise flaw("is not in order", "write triangular: [low, most likely, high]", "triangular")
        if self.multiplies and self.unit:
            raise flaw("a factor has no unit", "leave unit out", "unit")
        if self.multiplies and self.values is not None and not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in self.values):
            raise flaw("a factor is a plain number", "write values: [0.5, 1, 2]", "values")
        return self


class Runs(Part):
    """How many points are drawn."""

    runs: int = Field(ge=1, le=MOST_RUNS, description="How many points are drawn, for each combination of overlays.")


class Trajectories(Part):
    """Elementary effects after Morris."""

    trajectories: int = Field(ge=2, le=MOST_RUNS, description="Each takes one run more than there are inputs.")
    levels: int = Field(4, ge=4, le=100, multiple_of=2, description="Levels of each input; an even number.")


class SobolRuns(Part):
    """Shares of variance after Sobol and Saltelli."""

    runs: int = Field(ge=2, le=MOST_RUNS, description="Base points, a power of 2; each takes two runs more than inputs (twice the inputs with second_order).")
    second_order: bool = Field(False, description="Whether to find interactions of pairs as well.")

    @model_validator(mode="after")
    def _power_of_two(self) -> SobolRuns:
        if self.runs & (self.runs - 1):
            raise flaw(f"{self.runs} is not a power of 2", f"write {2 ** round(math.log2(self.runs))}", "runs")
        return self


class Design(Part):
    """Which points are taken."""

    grid: Literal[True] | None = Field(None, description="Every combination of all values.")
    one_at_a_time: Literal[True] | None = Field(None, description="Each input at each of its values, all others as in the scenario.")
    latin_hypercube: Runs | None = Field(None, description="{runs}: points that cover each input evenly.")
    monte_carlo: Runs | None = Field(None, description="{runs}: random points.")
    morris: Trajectories | None = Field(None, description="{trajectories}: which inputs matter at all, at little cost.")
    sobol: SobolRuns | None = Field(None, description="{runs, second_order}: what share of the variance each input explains.")

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, data: Any) -> Any:
        return {data: True} if data in BY_NAME else data

    @model_validator(mode="after")
    def _one(self) -> Design:
        if len(self.model_fields_set) != 1:
            raise flaw("names no design, or several", f"write one of {', '.join(type(self).model_fields)}")
        return self

    @property
    def kind(self) -> str:
        """Name of the design."""
        return next(iter(self.model_fields_set))


class SweepSpec(Part):
    """A sweep file: many variations of one scenario."""

    scenario: str = Field(description="Scenario file, relative to this one.")
    title: str = Field("", description="Shown above results; default the scenario's.")
    seed: int = Field(1, ge=0, le=2**31, description="Of all that is drawn at random: the same seed draws the same.")
    vary: dict[Name, Variation] = Field({}, description="What varies, by a name of your own.")
    overlays: dict[Name, tuple[str, ...]] = Field({}, description="By a name of your own, overlay files of which each run uses one; none: no overlay.")
    design: Design = Field(description="grid, one_at_a_time, or a map that names a design and its size.")
    outputs: tuple[str, ...] = Field((), description="Figures to report, * for any text: total_cost, cost.*, short.*; default all that may be of interest.")
    time_limit: float | None = Field(None, gt=0, description="Seconds of solving that one run may take; default no limit.")

    @model_validator(mode="after")
    def _names(self) -> SweepSpec:
        for name in (*self.vary, *self.overlays):
            if name in TAKEN or (name in self.vary and name in self.overlays):
                raise flaw(f"'{name}' is the name of another column", "choose another name", "vary" if name in self.vary else "overlays", name)
        if not self.vary and not self.overlays:
            raise flaw("nothing varies", "add vary: or overlays:")
        return self


def flaw(problem: str, hint: str, *where: str) -> PydanticCustomError:
    """An error of a rule between keys, told like all others."""
    return PydanticCustomError("flaws", "{text}", {"text": problem, "flaws": [(where, problem, hint)]})


def read_spec(path: Path) -> tuple[SweepSpec, Node, list[Problem]]:
    """Read a sweep file.

    Args:
        path: The file.

    Returns:
        What it says, its tree, which knows where it says so, and what is wrong with it; what is wrong is left out of what it says.

    Raises:
        InputError: if it is no sweep at all.
    """
    slips = Problems()
    tree = read_yaml(path, str(path), slips)
    if not isinstance(tree.value, dict):
        raise InputError([Problem(tree.mark, "", "a sweep is a map of keys", "start with 'scenario: my_scenario.yaml'")])
    keys = tree.value.keys()
    if keys & {"horizon", "extends", "version"} and not keys & {"scenario", "vary", "design", "overlays"}:
        hint = f"write a file of its own with 'scenario: {path.name}', 'vary:' and 'design:'; plan new makes one to begin with"
        raise InputError([Problem(tree.mark, "", "is a scenario and no sweep", hint)])
    raw = tree.plain()
    try:
        spec = SweepSpec.model_validate(raw)
    except ValidationError as error:
        problems = [*slips.items, *problems_of(tree, error, SweepSpec)]
        if not isinstance(raw.get("scenario"), str):
            # without a scenario nothing else can be looked at
            raise InputError(problems) from None
        return _what_is_right(raw), tree, problems
    return spec, tree, [*slips.items, *_without_levels(spec, tree)]


def _what_is_right(raw: Mapping[str, Any]) -> SweepSpec:
    """The scenario, inputs and overlays of a sweep with which something else is wrong, so that they can be looked at as well."""
    vary = {name: found for name, part in _entries(raw, "vary").items() if (found := _right(TypeAdapter(Variation), part)) is not None}
    names: TypeAdapter[tuple[str, ...]] = TypeAdapter(tuple[str, ...])
    overlays = {name: files for name, part in _entries(raw, "overlays").items() if (files := _right(names, part))}
    outputs = _right(names, raw.get("outputs", ())) or ()
    return SweepSpec.model_construct(scenario=raw["scenario"], vary=vary, overlays=overlays, outputs=outputs, design=Design(one_at_a_time=True))


def _entries(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = raw.get(key)
    return found if isinstance(found, Mapping) else {}


def _right(adapter: TypeAdapter[Made], part: Any) -> Made | None:
    """A part of the file, if nothing is wrong with it."""
    try:
        return adapter.validate_python(part)
    except ValidationError:
        return None


def _without_levels(spec: SweepSpec, tree: Node) -> Iterator[Problem]:
    """Distributions where a design takes listed values only."""
    if spec.design.kind == "grid":
        for name, variation in spec.vary.items():
            if variation.levels is None:
                mark, hint = mark_at(tree, "vary", name, variation.kind), "write values, range or factor, or take latin_hypercube or monte_carlo"
                yield Problem(mark, f"vary.{name}.{variation.kind}", "a grid cannot take every number of a distribution", hint)


def mark_at(tree: Node, *path: str | int) -> Mark:
    """Where something stands in a sweep file."""
    node, _ = tree.at(path)
    return node.key or node.mark
