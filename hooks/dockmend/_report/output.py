"""Standard output and standard error: bytes out, whatever becomes of their reader."""

from __future__ import annotations

import os

from dockmend._engine.errors import Failure
from dockmend._engine.files import describe, encode
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


class Output:
    """One stream. Once its reader is gone, what is written is dropped; the work goes on."""

    def __init__(self, stream: TextIO | None, name: str, *, immediate: bool = False) -> None:
        """`stream` is None where the process was started with it closed; `immediate` keeps nothing back."""
        self._stream = stream
        self._name = name
        self._immediate = immediate

    def text(self, text: str) -> None:
        """Write a report: undecodable bytes of names as they were, what the encoding lacks as an escape."""
        if self._stream is not None and text:
            encoding = self._stream.encoding or "utf-8"
            try:
                data = text.encode(encoding, "surrogateescape")
            except UnicodeEncodeError:
                data = text.encode(encoding, "backslashreplace")
            self._write(data)

    def exact(self, text: str) -> None:
        """Write a file's text, byte for byte what `files.decode` read."""
        self._write(encode(text))

    def flush(self) -> None:
        """Raises Failure where what was written could not go out."""
        self._write(b"", flush=True)

    def _write(self, data: bytes, *, flush: bool = False) -> None:
        if self._stream is None:
            return
        try:
            self._stream.buffer.write(data)
            if flush or self._immediate:
                self._stream.buffer.flush()
        except BrokenPipeError:
            self._abandon()
        except OSError as error:
            self._abandon()
            raise Failure.at(self._name, f"cannot be written: {describe(error)}") from error

    def _abandon(self) -> None:
        """Lead the stream nowhere, or the interpreter would complain about it as it ends."""
        if self._stream is not None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
            self._stream = None
