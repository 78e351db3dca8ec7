"""Checks an answer by code that does not know the model."""
