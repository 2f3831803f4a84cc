"""What of `typing` a run needs, made in a tenth of the time; for type checkers it is typing's own.

To import typing takes as long as to import ten modules of ours. There are over a hundred named tuples, of
which a usual run makes instances of some forty; what creates them is compiled when the first one is made.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple  # noqa: PLC0414 - others take these from here
    from typing import Protocol as Protocol  # noqa: PLC0414
    from typing import cast as cast  # noqa: PLC0414
else:
    try:
        from _collections import _tuplegetter
    except ImportError:  # it is CPython's
        from collections import _tuplegetter

    Protocol = object

    def cast(kind, value):
        """`value`, which is known to be of that kind."""
        del kind
        return value

    class _Maker(type):
        def __new__(meta, name, bases, namespace):
            if not bases:
                return super().__new__(meta, name, bases, namespace)
            fields = tuple(namespace.get("__annotations__", ()))
            defaults = tuple(namespace[field] for field in fields if field in namespace)
            namespace.update(
                ((field, _tuplegetter(at, "")) for at, field in enumerate(fields)),
                __slots__=(),
                _fields=fields,
                __new__=_first(fields, defaults),
                __getnewargs__=_values,
                _replace=_replace,
            )
            namespace.setdefault("__repr__", _shown)
            return type(name, (tuple,), namespace)

    class NamedTuple(metaclass=_Maker):
        """A tuple whose items have names, https://docs.python.org/3/library/typing.html#typing.NamedTuple."""

    def _first(fields, defaults):
        """The `__new__` of a class until its first instance is made."""

        def new(cls, *given, **named):
            listed = ", ".join(fields)
            made = eval(f"lambda _cls, {listed}: _new(_cls, ({listed},))", {"_new": tuple.__new__})
            made.__defaults__ = defaults
            cls.__new__ = staticmethod(made)
            return made(cls, *given, **named)

        return new

    def _values(self):
        return tuple(self)

    def _replace(self, /, **changed):
        made = tuple.__new__(type(self), map(changed.pop, self._fields, self))
        if changed:
            raise ValueError(f"no such field: {', '.join(changed)}")
        return made

    def _shown(self):
        items = ", ".join(f"{field}={value!r}" for field, value in zip(self._fields, self))
        return f"{type(self).__name__}({items})"
