"""Projects: a commitment turns into capacity along a ramp that may last years."""

from __future__ import annotations

from typing import Any

import pyomo.core as pyo

from sourcing_lp.algebra import balanced, total


def add_ramp(model: pyo.ConcreteModel) -> None:
    """Declare what is committed, what becomes available, and the rows between them."""
    data = model.data.ramp
    model.PROJECTS = pyo.Set(initialize=list(data.windows), doc="Projects e still to be decided [id]")
    model.COMMITS = pyo.Set(dimen=2, initialize=data.commits, doc="(e, v): project e may be committed at the start of v")
    model.GROWING = pyo.Set(dimen=2, initialize=data.growing, doc="(e, t): a commitment to e could have capacity in t")
    model.GATED_COMMITS = pyo.Set(dimen=2, initialize=list(data.gate), doc="(e, v): events bound commitments to e in v")
    model.commit = pyo.Var(model.COMMITS, domain=pyo.NonNegativeReals, doc="Nameplate committed at the start of v [units/yr]")
    model.available = pyo.Var(model.GROWING, domain=pyo.NonNegativeReals, doc="Mean capacity over t from all commitments [units/yr]")
    model.capacity_ramp = pyo.Constraint(model.GROWING, rule=capacity_ramp, doc="Available capacity follows the ramp of every commitment [units/yr]")
    model.project_size = pyo.Constraint(model.PROJECTS, rule=project_size, doc="Commitments stay within the project's size [units/yr]")
    model.commitment_gate = pyo.Constraint(model.GATED_COMMITS, rule=commitment_gate, doc="Events close commitments, wholly or in part [units/yr]")


def added_capacity(model: pyo.ConcreteModel, target: str, t: str) -> Any:
    """Capacity that decisions add to a supplier, process or stockpile in t [units/yr]."""
    return total([model.available[e, t] for e in model.data.ramp.projects_on.get((target, t), ())])


def capacity_ramp(model: pyo.ConcreteModel, e: str, t: str) -> Any:
    """Decisions turn into tonnes years later: each commitment counts with the mean of its ramp over t."""
    ramp = model.data.ramp.ramp
    committed = total(ramp[e, v, t] * model.commit[e, v] for v in model.data.ramp.windows[e] if (e, v, t) in ramp)
    return balanced(model, model.available[e, t] - committed)


def project_size(model: pyo.ConcreteModel, e: str) -> Any:
    """A project cannot be built more than once over; it may be split over decision periods."""
    if e not in model.data.ramp.size_max:
        return pyo.Constraint.Skip
    return total(model.commit[e, v] for v in model.data.ramp.windows[e]) <= model.data.ramp.size_max[e]


def commitment_gate(model: pyo.ConcreteModel, e: str, v: str) -> Any:
    """While an event forbids decisions none can be taken; a project without a largest size is closed only when the gate is shut."""
    share = model.data.ramp.gate[e, v]
    if e in model.data.ramp.size_max:
        return model.commit[e, v] <= share * model.data.ramp.size_max[e]
    return model.commit[e, v] <= 0 if share == 0 else pyo.Constraint.Skip
