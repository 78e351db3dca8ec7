"""The sourcing linear program in Pyomo: ``build(data)`` turns a :class:`SourcingData` into a ``ConcreteModel``.

This package holds the mathematics and nothing else. It never reads files and never solves; ``models/README.md`` is its manual.
"""

from sourcing_lp.build import build
from sourcing_lp.data import SourcingData

__all__ = ["SourcingData", "build"]
