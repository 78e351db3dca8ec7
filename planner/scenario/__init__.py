"""The scenario language: reading, putting together, validating."""
