"""Text encodings: detected where one is evident, refused where several would do, and read as UTF-8."""

from __future__ import annotations

import codecs
import io
import re
from typing import BinaryIO

from analysis.ledger.store import LedgerError

SAMPLE = 1 << 22
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHOICES = "utf-8, gb18030, big5, cp1252, cp1250, cp1251, shift_jis"


class UndecodableError(LedgerError):
    """A byte that its file's encoding does not know."""

    def __init__(self, file: str, line: int, encoding: str, is_detected: bool):
        super().__init__(f'{file} data line {line}: a byte that is not {encoding}; correct it, or state encoding = "..." (like {_CHOICES})')
        self.file, self.line, self.encoding, self.is_detected = file, line, encoding, is_detected


def detect_encoding(data: bytes, file: str, whole: bool = True) -> str:
    """Find the encoding of the bytes of a text file, or of its beginning (`whole` False).

    Byte order marks and valid UTF-8 decide. Else it is GB18030 if its bytes above 127 come in pairs that are mostly
    common Chinese characters, and cp1252 if they stand singly and read as letters or the signs of prose.

    Raises
    ------
    LedgerError
        Neither is evident: names the file and the choices.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    if b"\0" in data:
        odd, even = data[1::2].count(0), data[::2].count(0)
        if max(odd, even) > 0.3 * len(data) / 2 and min(odd, even) < 0.01 * len(data) / 2:
            return "utf-16-le" if odd > even else "utf-16-be"
        raise LedgerError(f"{file}: is no text (it holds zero bytes)")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=whole)
        return "utf-8"
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    valid = len(re.findall(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}", data))
    runs = re.findall(rb"[\x80-\xff]+", data)
    if _is_chinese(runs) and _decodes(data, "gb18030"):
        return "gb18030"
    if _is_western(data, runs) and _decodes(data, "cp1252"):
        return "cp1252"
    if valid > 0.9 * len(runs):
        raise LedgerError(f"{file}: mostly UTF-8, but physical line {line} has a byte that is not; correct that line")
    raise LedgerError(f'{file}: the encoding is not evident (physical line {line}); state encoding = "..." (like {_CHOICES})')


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese(runs: list[bytes]) -> bool:
    """Whether runs of bytes above 127 are pairs of GB 2312, most of them first-level characters, not only those that are also hangul."""
    if sum(len(run) for run in runs) < 8:
        return False  # too little to tell
    leads = b"".join(run[::2] for run in runs if len(run) % 2 == 0)
    trails = b"".join(run[1::2] for run in runs if len(run) % 2 == 0)
    total = sum(len(run) for run in runs)
    common = sum(0xB0 <= byte <= 0xD7 for byte in leads)
    beyond_hangul = sum(0xC9 <= byte <= 0xD7 for byte in leads)
    return (
        len(leads) >= 0.475 * total
        and all(byte >= 0xA1 for byte in trails)
        and common >= 0.6 * len(leads)
        and beyond_hangul >= 0.1 * len(leads)
    )


def _is_western(data: bytes, runs: list[bytes]) -> bool:
    """Whether bytes above 127 mostly stand singly, never three in a row, and those inside words are letters of cp1252."""
    single = sum(len(run) == 1 for run in runs)
    inside = re.findall(rb"[A-Za-z]([\x80-\xff])(?=[A-Za-z])", data)
    letters = set(range(0xC0, 0x100)) - {0xD7, 0xF7} | {0x8A, 0x8C, 0x8E, 0x9A, 0x9C, 0x9E, 0x9F, 0x92}
    return single >= 0.8 * len(runs) and max(map(len, runs)) <= 2 and all(byte[0] in letters for byte in inside)


class Utf8Stream(io.RawIOBase):
    """Bytes of a text file as UTF-8 without byte order mark, checked while they pass.

    Attributes
    ----------
    quotes : int
        Quotation marks that have passed.
    """

    def __init__(self, raw: BinaryIO, file: str, encoding: str, is_detected: bool = False, header_lines: int = 0):
        self._raw, self._file, self._encoding, self._is_detected = raw, file, encoding, is_detected
        self._is_utf8 = codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
        self._decoder = codecs.getincrementaldecoder("utf-8" if self._is_utf8 else encoding)()
        self._header_lines, self._lines = header_lines, 0
        self._held = b""
        self._is_first = True
        self.quotes = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; none at the end."""
        while not self._held:
            chunk = self._raw.read(SAMPLE)
            try:
                text = self._decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                before = error.object[: error.start].decode(self._encoding, "ignore")
                line = self._lines + before.count("\n") + 1 - self._header_lines
                raise UndecodableError(self._file, line, self._encoding, self._is_detected) from None
            data = chunk if self._is_utf8 else text.encode()
            if self._is_first and data:
                data = data.removeprefix(codecs.BOM_UTF8)
                self._is_first = False
            self._lines += data.count(b"\n")
            self.quotes += data.count(b'"')
            self._held = data
            if not chunk:
                break
        if size is None or size < 0:
            rest = [self._held]
            self._held = b""
            while part := self.read(SAMPLE):
                rest.append(part)
            return b"".join(rest)
        given, self._held = self._held[:size], self._held[size:]
        return given

    def skip(self, size: int) -> None:
        """Read `size` bytes away."""
        while size and (data := self.read(size)):
            size -= len(data)
