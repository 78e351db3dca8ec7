"""From a Pyomo model to a proven optimum: lowering, internal units, HiGHS, certificate."""
