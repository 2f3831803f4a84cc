"""YAML: the one place that knows which parser there is."""

from __future__ import annotations


class NotYaml(ValueError):
    """A text that is no YAML; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def parse(text: str) -> object:
    """The value of the one document that `text` is, in Python's own types. Raises NotYaml."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotYaml(error.problem or "it cannot be parsed", mark.line + 1 if mark else 1) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise NotYaml(str(error), 1) from error


def compose(text: str) -> object:
    """The root node of `text`: nodes, not values, so that tags of another's own need no meaning here.

    Raises NotYaml.
    """
    from ruamel.yaml import YAML

    try:
        return YAML(typ="safe", pure=True).compose(text)
    except Exception as error:
        raise NotYaml(str(error), 1) from error


class Fields:
    """The values of YAML mappings by key, merge keys followed, each node read once."""

    _DEPTH = 20

    def __init__(self) -> None:
        self._read: dict[int, dict[str, object]] = {}

    def of(self, node: object, depth: int = 0) -> dict[str, object]:
        """The fields of a mapping node, or of the mappings in a list of them; empty for another node."""
        from ruamel.yaml.nodes import MappingNode, SequenceNode

        found = self._read.get(id(node))
        if found is not None or depth > self._DEPTH:
            return found or {}
        found = self._read[id(node)] = {}
        if isinstance(node, SequenceNode) and depth:
            for part in reversed(node.value):
                found.update(self.of(part, depth + 1))
        elif isinstance(node, MappingNode):
            for key, value in node.value:
                if key.value == "<<":
                    found.update(self.of(value, depth + 1))
            found.update({key.value: value for key, value in node.value if isinstance(key.value, str)})
        return found
