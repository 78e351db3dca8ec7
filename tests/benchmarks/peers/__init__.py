"""The same sourcing program in other hands: one module a way to build it, each a script that prints its result as a line of JSON."""
