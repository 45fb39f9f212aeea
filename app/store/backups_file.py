"""What is in a backup, in the same words for every engine: a head, the rows of one table after the other, a manifest.

    frame     4 bytes length of the JSON, the JSON, then the bytes of its binary values
    row       a JSON list in the order of the part's columns; a binary value stands as {"bytes": length}
    others    JSON objects: {"head": ...}, {"part": table, "columns": [...]}, {"end": table, "rows", "sha256"}, {"manifest": ...}

All frames together are compressed by zstd and sealed (`store.backups_sealing`).
"""

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO, Final, TypeAlias

from app.errors import BackupUnusable
from app.store.backups_sealing import SealedReader, SealedWriter

FORMAT: Final = 1
LEVEL: Final = 3  # photos do not get smaller, and of entries most is won here already
MAX_JSON_BYTES: Final = 64 * 1024 * 1024
MAX_VALUE_BYTES: Final = 1024 * 1024 * 1024
BATCH_ROWS: Final = 500
BATCH_BYTES: Final = 4 * 1024 * 1024
Value: TypeAlias = str | int | bool | bytes | None


@dataclass(frozen=True)
class Head:
    """What a reader must know before the rows: which schema they have, and about how many bytes they take on a disk."""

    revision: str
    epoch: str
    made_at_ms: int
    size: int
    format: int = FORMAT


@dataclass(frozen=True)
class Part:
    """The rows of one table: how many, and SHA-256 over their frames."""

    rows: int
    sha256: str


@dataclass(frozen=True)
class StreamEnd:
    """How far a stream goes, with its chain value in hex."""

    stream: str
    seq: int
    chain: str


@dataclass(frozen=True)
class Manifest:
    """What the backup holds, written after it: what was restored has to say the same."""

    revision: str
    epoch: str
    made_at_ms: int
    central: str  # its device id: whose backup it is
    streams: tuple[StreamEnd, ...]
    parts: Mapping[str, Part]  # what was written
    counts: Mapping[str, int]  # what there was to write, counted by the database: the two must be the same

    @property
    def entries(self) -> int:
        return self.counts["entry"]

    @property
    def files(self) -> int:
        return self.counts["attachment"]


@dataclass(frozen=True)
class Batch:
    """Some rows of a table."""

    table: str
    columns: tuple[str, ...]
    rows: list[list[Value]]


class BackupWriter:
    """Writes the frames of a backup into a file, encrypted. Order: head, parts, manifest."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        import zstandard  # here: the exchange asks which backups count, and must do without

        self._sealed = SealedWriter(file, key)
        compressor = zstandard.ZstdCompressor(level=LEVEL)
        self._out: Any = compressor.stream_writer(self._sealed, write_size=128 * 1024, closefd=False)  # type: ignore[arg-type]
        self.parts: dict[str, Part] = {}

    def begin(self, head: Head) -> None:
        self._out.write(_frame({"head": asdict(head)}))

    def write_part(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> Part:
        """The rows of a table, one after the other; returns what the manifest says of them."""
        self._out.write(_frame({"part": table, "columns": list(columns)}))
        told, count = hashlib.sha256(), 0
        for row in rows:
            frame = _row_frame(row)
            told.update(frame)
            self._out.write(frame)
            count += 1
        part = self.parts[table] = Part(count, told.hexdigest())
        self._out.write(_frame({"end": table, **asdict(part)}))
        return part

    def finish(self, manifest: Manifest) -> None:
        self._out.write(_frame({"manifest": asdict(manifest)}))
        self._out.close()
        self._sealed.finish()


def _frame(told: object, values: Sequence[bytes] = ()) -> bytes:
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return b"".join((len(text).to_bytes(4, "big"), text, *values))


def _row_frame(row: Sequence[Value]) -> bytes:
    values = [bytes(value) for value in row if isinstance(value, bytes | memoryview)]
    told = [{"bytes": len(value)} if isinstance(value, bytes | memoryview) else value for value in row]
    return _frame(told, values)


@dataclass
class BackupReader:
    """Reads a backup; `batches` has to be read to its end before `manifest` is there.

    Raises BackupUnusable for whatever is not as `BackupWriter` wrote it.
    """

    name: str
    source: BinaryIO
    head: Head
    manifest: Manifest | None = None
    _read_parts: dict[str, Part] = field(default_factory=dict)

    def batches(self) -> Iterator[Batch]:
        """All rows, in batches of a few megabytes. The end of each part is held against its rows."""
        while self.manifest is None:
            told, _ = self._next()
            if isinstance(told, dict) and "part" in told:
                yield from self._part(str(told["part"]), tuple(map(str, told["columns"])))
            elif isinstance(told, dict) and "manifest" in told:
                self.manifest = self._manifest(told["manifest"])
            else:
                raise self._wrong("neither a table nor the manifest")
        if self.source.read(1):
            raise self._wrong("something follows the manifest")

    def _part(self, table: str, columns: tuple[str, ...]) -> Iterator[Batch]:
        digest, count, size = hashlib.sha256(), 0, 0
        rows: list[list[Value]] = []
        while True:
            told, frame = self._next()
            if isinstance(told, dict):
                break
            if len(told) != len(columns):
                raise self._wrong(f"a row of {table} with {len(told)} values")
            digest.update(frame)
            rows.append(told)
            count, size = count + 1, size + len(frame)
            if len(rows) >= BATCH_ROWS or size >= BATCH_BYTES:
                yield Batch(table, columns, rows)
                rows, size = [], 0
        if rows:
            yield Batch(table, columns, rows)
        part = Part(count, digest.hexdigest())
        if told != {"end": table, **asdict(part)}:
            raise self._wrong(f"table {table}")
        self._read_parts[table] = part

    def _manifest(self, told: dict[str, Any]) -> Manifest:
        try:
            streams = tuple(StreamEnd(**one) for one in told.pop("streams"))
            parts = {name: Part(**one) for name, one in told.pop("parts").items()}
            manifest = Manifest(streams=streams, parts=parts, **told)
        except (KeyError, TypeError, AttributeError) as error:
            raise self._wrong("its manifest") from error
        for table in sorted(manifest.parts.keys() | self._read_parts.keys()):
            if manifest.parts.get(table) != self._read_parts.get(table):
                raise self._wrong(f"table {table}")
        return manifest

    def _next(self) -> tuple[Any, bytes]:
        """The next frame: what it says, its binary values in their places, and its bytes."""
        length = int.from_bytes(self._exactly(4), "big")
        if length > MAX_JSON_BYTES:
            raise self._wrong("a row that is too long")
        text = self._exactly(length)
        try:
            told = json.loads(text)
        except ValueError as error:
            raise self._wrong("a row that cannot be read") from error
        frame = [length.to_bytes(4, "big"), text]
        if isinstance(told, list):
            for at, value in enumerate(told):
                if isinstance(value, dict):
                    told[at] = self._exactly(int(value["bytes"]))
                    frame.append(told[at])
        return told, b"".join(frame)

    def _exactly(self, count: int) -> bytes:
        data = self.source.read(count) if count <= MAX_VALUE_BYTES else b""
        if len(data) != count:
            raise self._wrong("it ends too early")
        return data

    def _wrong(self, what: str) -> BackupUnusable:
        return BackupUnusable("contents", file=self.name, what=what)


def open_backup(sealed: SealedReader, name: str) -> BackupReader:
    """A reader at the first table. Raises BackupUnusable, also for a format that this version does not know."""
    import zstandard

    plain: Any = zstandard.ZstdDecompressor().stream_reader(sealed, read_size=128 * 1024, closefd=False)  # type: ignore[arg-type]
    source: Any = _Unpacked(plain, name, zstandard.ZstdError)
    reader = BackupReader(name, io.BufferedReader(source, 1024 * 1024), Head("", "", 0, 0))
    told, _ = reader._next()
    try:
        head = told["head"]
        if int(head["format"]) > FORMAT:
            raise BackupUnusable("newer", file=name)
        reader.head = Head(**head)
    except (KeyError, TypeError, ValueError) as error:
        raise BackupUnusable("contents", file=name, what="its head") from error
    return reader


class _Unpacked(io.RawIOBase):
    """zstd's stream for BufferedReader, with its error in our words."""

    def __init__(self, plain: Any, name: str, fault: type[Exception]) -> None:
        self._plain, self._name, self._fault = plain, name, fault

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            return int(self._plain.readinto(buffer))
        except self._fault as error:
            raise BackupUnusable("contents", file=self._name, what=str(error)) from error
