"""What could make the time longer: four measures, each by itself."""

from __future__ import annotations

from planner.compile.projects import ramp_of
from planner.scenario.schema import CurveRamp, Project, Scenario

SOONER = 0.5
"""Years by which ramps are quicker."""
LEVERS = {
    "stock": "Another month of demand in store",
    "substitutes": "Substitutes may do 10 points more",
    "priorities": "The least harmful uses go unserved",
    "ramps": "Ramps 6 months quicker",
}
"""Levers in words: ``stock`` is a month of every demanded material's demand in the first period, to be drawn at will; ``substitutes`` raises
every ``max_share``, up to 100 %; ``priorities`` lets the first shortage tier of demands with several tiers go unserved; ``ramps`` moves every
ramp of a project, committed or to be decided."""


def reach(scenario: Scenario, lever: str) -> bool:
    """Whether a scenario has anything that a lever moves."""
    demands = scenario.demands.values()
    return {
        "stock": bool(demands),
        "substitutes": any(item.max_share < 1 for demand in demands for item in demand.substitutes.values()),
        "priorities": any(tiers[0][0] is not None for demand in demands if (tiers := demand.shortage_tiers)),
        "ramps": bool(scenario.projects),
    }[lever]


def quicker(scenario: Scenario) -> Scenario:
    """The scenario in which every project gives its capacity half a year sooner after its commitment, for as long as before."""
    return scenario.model_copy(update={"projects": {key: _quicker(project) for key, project in scenario.projects.items()}})


def _quicker(project: Project) -> Project:
    """The project's ramp as it is half a year later; what would lie before the commitment is there at once."""
    ramp = ramp_of(project)
    later = [(time - SOONER, share) for time, share in ramp.points if time > SOONER]
    reached = [(0.0, _share_at(ramp.points, SOONER))]
    # a life that began sooner would end sooner as well
    life = None if project.life is None else project.life + min(SOONER, ramp.begins)
    return project.model_copy(update={"ramp": CurveRamp.model_construct(curve=(*reached, *later)), "life": life})


def _share_at(points: tuple[tuple[float, float], ...], time: float) -> float:
    """Share that a ramp has reached at a time."""
    before = [point for point in points if point[0] <= time]
    after = [point for point in points if point[0] > time]
    if not before or not after:
        return before[-1][1] if before else 0.0
    (t0, s0), (t1, s1) = before[-1], after[0]
    return s0 + (s1 - s0) * (time - t0) / (t1 - t0)
