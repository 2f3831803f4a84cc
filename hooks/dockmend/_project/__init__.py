"""The world around a Dockerfile: its build context, ignore files and kind of project."""
