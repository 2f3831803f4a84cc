"""Compose files: the only code that knows their syntax, and YAML's."""
