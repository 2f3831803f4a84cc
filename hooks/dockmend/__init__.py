"""dockmend: find Dockerfile problems and mend them in place."""

__version__ = "0.1.0"
