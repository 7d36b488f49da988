"""An xz file unpacked in bounded memory, which `lzma.open` does not promise: the file itself says how much to take."""

import io
import lzma
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_MOST_MEMORY = 512 << 20  # `xz -9` takes 65 MiB; the format allows 4 GiB
_READ_BYTES = 1 << 16


class XzStream(io.RawIOBase):
    """The unpacked bytes of one xz file, of all streams in it.

    Reading raises EOFError where the file is truncated, and lzma.LZMAError where it is damaged or asks for more than
    512 MiB of memory.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._decompressor = _new_decompressor()

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill `buffer` as far as the next bytes go; 0 at the end."""
        view = memoryview(buffer).cast("B")
        while True:
            packed = self._next_packed()
            if packed is None:
                return 0
            unpacked = self._decompressor.decompress(packed, len(view))
            if unpacked:
                view[: len(unpacked)] = unpacked
                return len(unpacked)

    def _next_packed(self) -> bytes | None:
        """What to unpack next, or None at the end of the file."""
        if self._decompressor.eof:
            packed = self._decompressor.unused_data.lstrip(b"\0")  # streams may be padded
            while not packed and (block := self._file.read(_READ_BYTES)):
                packed = block.lstrip(b"\0")
            if not packed:
                return None
            self._decompressor = _new_decompressor()
            return packed
        if not self._decompressor.needs_input:
            return b""
        packed = self._file.read(_READ_BYTES)
        if not packed:
            raise EOFError
        return packed

    def close(self) -> None:
        """Close the file below too."""
        self._file.close()
        super().close()


def _new_decompressor() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_MOST_MEMORY)
