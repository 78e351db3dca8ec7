# %% [markdown]
# # Japan's cutoff from a notebook
#
# Open this file as a notebook (VS Code, Jupyter with jupytext) or run it: `python scenarios/japan/walkthrough.py`.
# The same words as on the command line: `planner.load`, `planner.solve`, `planner.compare`.

# %%
from pathlib import Path

import planner

JAPAN = Path(__file__).parent if "__file__" in globals() else Path("scenarios/japan")

# %% [markdown]
# ## One plan
# `solve` takes a file, checks the plan before it returns it, and shows itself in a notebook.

# %%
usual = planner.solve(JAPAN / "base.yaml")
cutoff = planner.solve(JAPAN / "cutoff.yaml")
cutoff  # noqa: B018 - a notebook shows it

# %% What runs short, and what to commit to this year
short = {key: units for key, units in cutoff.shortage.items() if units > 0}
this_year = [item for item in cutoff.record["figures"]["commitments"] if item["period"].startswith("2026")]
print(f"short of {len(short)} demands, most of {max(short, key=short.__getitem__)}")
print("commit to in 2026:", ", ".join(f"{item['label']} ({item['period']})" for item in this_year))

# %% [markdown]
# ## Tables
# Every table of a plan is tidy: keys first, then `value` and `unit`.

# %%
arrivals = cutoff.tables["arrivals"]
dysprosium = arrivals[arrivals["material"] == "dy_oxide"].assign(year=lambda table: table["period"].str[:4])
print(dysprosium.groupby(["year", "origin"])["value"].sum().unstack(fill_value=0).round(1))

# %% What one more tonne of dysprosium would save, month by month: an interval where the price is not unique
prices = cutoff.prices
worth = prices[(prices["rule"] == "material_balance") & (prices["item"] == "dy_oxide")]
print(worth[["period", "value", "low", "high", "unit"]].head(12).to_string(index=False))

# %% [markdown]
# ## Why it costs more
# The bridge adds up to the difference in every digit; its causes come from pricing both plans with both scenarios' unit costs.

# %%
comparison = planner.compare(usual, cutoff)
bridge = comparison.bridge
print(bridge.pivot_table(index="line", columns="cause", values="value", aggfunc="sum", fill_value=0).div(1e6).round(1))
difference = cutoff.total_cost - usual.total_cost
print(f"difference {difference / 1e6:,.1f} M USD, bridge {bridge['value'].sum() / 1e6:,.1f} M USD")
assert abs(bridge["value"].sum() - difference) < 1e-9 * cutoff.total_cost

# %% What would it cost to go on as before, decision by decision?
decisions = comparison.frames()["decisions"]
kept = decisions[decisions["keep"] == "costs"].drop_duplicates(["kind", "item"]).nlargest(5, "keep_cost")
print(kept[["kind", "item", "keep_cost"]].to_string(index=False))

# %% [markdown]
# ## Many plans at once
# `stacked` puts one table of several plans below each other, with the column `plan` first.

# %%
levels = planner.stacked({"usual": usual, "cutoff": cutoff}, "stockpiles")
levels = levels[(levels["measure"] == "stock") & (levels["stockpile"] == "company_dy")]
print(levels.pivot_table(index="period", columns="plan", values="value").head(12).round(1))
