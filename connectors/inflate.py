"""Decompress a body piece by piece, under our own limits: nothing is believed that was not counted.

A few kilobytes can claim to be gigabytes; so output is produced in small steps, and the first step
past a limit ends it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli

from .errors import PermanentError

_STEP = 256 * 1024
_RATIO_FROM = 1024 * 1024
_MAX_LAYERS = 2
_MAX_MEMBERS = 1_000


class TooLarge(PermanentError):  # noqa: N818 - reads as the sentence it is
    """More bytes than we take."""


class BadEncoding(PermanentError):  # noqa: N818 - reads as the sentence it is
    """The compressed body is broken, cut off, or of a kind we did not ask for."""


class _Layer(Protocol):
    def push(self, data: bytes) -> Iterator[bytes]: ...

    @property
    def complete(self) -> bool: ...


class _Zlib:
    """gzip (several members in a row are one body), zlib, and bare deflate."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._engine = zlib.decompressobj(window)
        self._started = False
        self._members = 1

    @property
    def complete(self) -> bool:
        return self._engine.eof or not self._started

    def push(self, data: bytes) -> Iterator[bytes]:
        if data and not self._started and self._window == zlib.MAX_WBITS and data[0] & 0x0F != 8:
            self._engine = zlib.decompressobj(-zlib.MAX_WBITS)  # "deflate" as some servers understand it
        while data:
            self._started = True
            if self._engine.eof:
                if not data.startswith(b"\x1f\x8b"):
                    return  # padding after the end; browsers ignore it too
                self._members += 1
                if self._members > _MAX_MEMBERS:
                    raise TooLarge("The document consists of too many compressed pieces.")
                self._engine = zlib.decompressobj(self._window)
            out = self._engine.decompress(data, _STEP)
            while out:
                yield out
                out = self._engine.decompress(self._engine.unconsumed_tail, _STEP)
            data = self._engine.unused_data if self._engine.eof else b""


class _Brotli:
    def __init__(self) -> None:
        self._engine = brotli.Decompressor()
        self._started = False

    @property
    def complete(self) -> bool:
        return not self._started or bool(self._engine.is_finished())

    def push(self, data: bytes) -> Iterator[bytes]:
        self._started = self._started or bool(data)
        if self._engine.is_finished():
            return
        out = self._engine.process(data, output_buffer_limit=_STEP)
        while out:
            yield out
            if self._engine.is_finished() or self._engine.can_accept_more_data():
                return
            out = self._engine.process(b"", output_buffer_limit=_STEP)


class Inflater:
    """Takes a body as it arrives, gives it back plain. Raises TooLarge and BadEncoding."""

    def __init__(self, encoding: str, *, max_bytes: int, max_ratio: float) -> None:
        """`encoding`: the Content-Encoding header, outermost last."""
        names = [name.strip().lower() for name in encoding.split(",")]
        names = [name for name in names if name not in {"", "identity"}]
        if len(names) > _MAX_LAYERS:
            raise BadEncoding("The document is compressed more than twice over.")
        self._layers = [_layer(name) for name in reversed(names)]
        self._between = 0
        self._max_bytes, self._max_ratio = max_bytes, max_ratio
        self._wire = 0
        self._out = bytearray()

    def push(self, data: bytes) -> None:
        """Take the next piece from the wire."""
        if not self._wire and not self._layers and data.startswith(b"\x1f\x8b\x08"):
            self._layers = [_layer("gzip")]  # a .gz file served as it is
        self._wire += len(data)
        try:
            self._through(0, data)
        except (zlib.error, brotli.error) as cause:
            raise BadEncoding("The compressed document is damaged.") from cause

    def finish(self) -> bytes:
        """Return the whole plain body; a compressed one has to be complete."""
        if not all(layer.complete for layer in self._layers):
            raise BadEncoding("The compressed document is cut off.")
        return bytes(self._out)

    def _through(self, depth: int, data: bytes) -> None:
        if depth == len(self._layers):
            self._out += data
            self._judge(len(self._out))
            return
        for piece in self._layers[depth].push(data):
            if depth + 1 < len(self._layers):
                self._between += len(piece)
                self._judge(self._between)
            self._through(depth + 1, piece)

    def _judge(self, size: int) -> None:
        if size > self._max_bytes:
            raise TooLarge(f"The document is larger than {self._max_bytes // 1024 // 1024} MB.")
        if size > _RATIO_FROM and size > self._max_ratio * self._wire:
            raise TooLarge(f"The document unpacks to more than {self._max_ratio:.0f} times its size.")


def _layer(name: str) -> _Layer:
    if name in {"gzip", "x-gzip"}:
        return _Zlib(zlib.MAX_WBITS | 16)
    if name == "deflate":
        return _Zlib(zlib.MAX_WBITS)
    if name == "br":
        return _Brotli()
    raise BadEncoding(f"The document is compressed in a way we did not ask for ({name[:40]}).")
