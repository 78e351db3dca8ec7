"""What an optimum means: tidy tables, prices, key figures."""
