"""Compiles a validated scenario into the arrays and indices of the linear program."""

from __future__ import annotations

from planner.compile.policy import compile_policy
from planner.compile.projects import compile_ramp
from planner.compile.setting import Memory, Setting
from planner.compile.supply import compile_contracts, compile_supply
from planner.compile.use import compile_balance, compile_conversion, compile_demand, compile_stock
from planner.scenario.dates import Calendar
from planner.scenario.schema import Scenario
from sourcing_lp.data import SourcingData, TimeData

__all__ = ["compile_scenario"]


def compile_scenario(scenario: Scenario, calendar: Calendar, memory: Memory | None = None) -> SourcingData:
    """Compile a scenario.

    Args:
        scenario: A validated scenario, in default units.
        calendar: Its grid of periods.
        memory: What was made for scenarios that differ little; kept up to date here.

    Returns:
        The data contract of the linear program; see :mod:`sourcing_lp.data` for units.
    """
    setting = Setting(in_order_of_ids(scenario), calendar, memory)
    ramp, committed = compile_ramp(setting)
    contracts = compile_contracts(setting)
    supply = compile_supply(setting, ramp, committed, contracts)
    stock = compile_stock(setting, committed)
    conversion = compile_conversion(setting, committed)
    demand = compile_demand(setting)
    return SourcingData(
        time=_time(setting),
        supply=supply,
        ramp=ramp,
        contracts=contracts,
        stock=stock,
        conversion=conversion,
        demand=demand,
        balance=compile_balance(setting, supply, stock, demand, conversion),
        policy=compile_policy(setting, committed, demand),
    )


def in_order_of_ids(scenario: Scenario) -> Scenario:
    """The same scenario with its entities in order of ids, so that the order of a file's lines changes nothing."""
    maps = {name: value for name in type(scenario).model_fields if isinstance(value := getattr(scenario, name), dict)}
    maps["demands"] = {key: item.model_copy(update={"substitutes": dict(sorted(item.substitutes.items()))}) for key, item in scenario.demands.items()}
    return scenario.model_copy(update={name: dict(sorted(value.items())) for name, value in maps.items()})


def _time(setting: Setting) -> TimeData:
    periods = setting.periods
    return TimeData(
        periods=tuple(period.label for period in periods),
        years={period.label: period.years for period in periods},
        discount={period.label: setting.discount(period.begin + period.years / 2) for period in periods},
        final_discount=setting.discount(setting.calendar.years),
    )
