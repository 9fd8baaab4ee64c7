"""Compressed files give their plain files whole, or are refused before they fill anything."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import zipfile
import zlib
from typing import TYPE_CHECKING

import psutil
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pehra.intake.unpack import Limits, is_packed, unpacked
from pehra.kernel.errors import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ZEROS = b"\0" * (1 << 20)


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def zeros_in_gzip(count: int) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return b"".join(packer.compress(ZEROS) for _ in range(count)) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "zst": zstd,
    "zip": lambda data: zipped({"plain": data}),
    "stored": lambda data: zipped({"plain": data}, zipfile.ZIP_STORED),
}


_WHOLE = zipped({"x": b"x"})
LONGER_THAN_ITS_FILE = _WHOLE[:-9] + b"\1" + _WHOLE[-8:]
"""The length of its table of contents is 64 KiB too much, so its files begin before it does."""


@pytest.fixture(scope="module")
def unpack(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., list[tuple[str, bytes]]]:
    """Names and bytes of what some bytes hold; nothing is left behind where all went well."""
    place = tmp_path_factory.mktemp("unpack")
    container, into = place / "container", place / "into"

    def run(
        data: bytes, name: str = "r.csv.gz", limits: Limits | None = None
    ) -> list[tuple[str, bytes]]:
        container.write_bytes(data)
        into.mkdir(exist_ok=True)
        for left in into.iterdir():
            left.unlink()
        found = unpacked(container, name, into, limits)
        members = [(one.name, one.path.read_bytes()) for one in found]
        assert list(into.iterdir()) == []
        return members

    return run


def test_what_is_not_packed_stays_where_it_is(tmp_path: Path) -> None:
    plain = tmp_path / "x.gz"
    for data in (b"", b"a", b"timestamp,ip\n", b"PK"):
        plain.write_bytes(data)
        assert not is_packed(plain)
        assert [(one.path, one.name) for one in unpacked(plain, "x.gz", tmp_path)] == [
            (plain, "x.gz")
        ]


@given(data=st.binary(max_size=3_000), kind=st.sampled_from(sorted(PACKERS)))
def test_what_was_packed_comes_out(
    unpack: Callable[..., list[tuple[str, bytes]]], data: bytes, kind: str
) -> None:
    inner = PACKERS[kind](data)
    if data[:2] not in {b"\x1f\x8b", b"PK", b"\x28\xb5"}:
        assert [got for _, got in unpack(inner)] == [data]
        assert [got for _, got in unpack(gzip.compress(inner))] == [data]


@given(data=st.binary(min_size=1, max_size=400), kind=st.sampled_from(sorted(PACKERS)))
def test_a_part_of_a_file_is_no_file(
    unpack: Callable[..., list[tuple[str, bytes]]], data: bytes, kind: str
) -> None:
    packed = PACKERS[kind](data)
    for length in (len(packed) - 1, len(packed) // 2, 5):
        with pytest.raises(UnreadableFile):
            unpack(packed[:length])


@given(
    first=st.sampled_from(
        [b"\x1f\x8b\x08", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"\x53\x2a\x4d\x18"]
    ),
    rest=st.binary(max_size=200),
)
def test_any_bytes_are_a_file_or_refused(
    unpack: Callable[..., list[tuple[str, bytes]]], first: bytes, rest: bytes
) -> None:
    with contextlib.suppress(UnreadableFile):
        unpack(first + rest)


@given(at=st.integers(0, 10_000), value=st.integers(0, 255), kind=st.sampled_from(sorted(PACKERS)))
def test_a_changed_byte_is_found_or_harmless(
    unpack: Callable[..., list[tuple[str, bytes]]], at: int, value: int, kind: str
) -> None:
    packed = bytearray(PACKERS[kind](b"192.0.2.1,open-telnet\n" * 40))
    packed[at % len(packed)] = value
    with contextlib.suppress(UnreadableFile):
        unpack(bytes(packed))


def test_many_in_one(unpack: Callable[..., list[tuple[str, bytes]]]) -> None:
    assert unpack(gzip.compress(b"a") + gzip.compress(b"b") + b"\0" * 512) == [("r.csv", b"ab")]
    skipped = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"
    assert unpack(skipped + zstd(b"a") + zstd(b"b") + skipped, "r.zst") == [("r", b"ab")]
    files = {"a/b/one.csv": b"1", "c\\two.csv": b"2", "__MACOSX/._one.csv": b"", "empty/": b""}
    assert unpack(zipped(files)) == [("one.csv", b"1"), ("two.csv", b"2")]
    nested = zipped({"one.csv.gz": gzip.compress(b"1"), "in.zip": zipped({"two.csv": b"2"})})
    assert unpack(nested) == [("one.csv", b"1"), ("two.csv", b"2")]
    assert unpack(gzip.compress(b"x"), "../../etc/list") == [("../../etc/list", b"x")]
    assert unpack(zipped({"../../x": b"x", "/y": b"y"})) == [("x", b"x"), ("y", b"y")]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(gzip.compress(b"a") + b"more", id="more after gzip"),
        pytest.param(zstd(b"a") + b"more", id="more after zstd"),
        pytest.param(zipped({}), id="empty zip"),
        pytest.param(zipped({"empty/": b""}), id="zip of folders"),
        pytest.param(zipped({"x": b"x"}, zipfile.ZIP_BZIP2), id="another method"),
        pytest.param(zipped({"x": b"x"}).replace(b"\x14\0\0\0", b"\x14\0\1\0"), id="encrypted"),
        pytest.param(LONGER_THAN_ITS_FILE, id="longer than its file"),
    ],
)
def test_what_cannot_be_unpacked_is_refused(
    unpack: Callable[..., list[tuple[str, bytes]]], data: bytes
) -> None:
    with pytest.raises(UnreadableFile) as refused:
        unpack(data)
    assert refused.value.mend


def test_limits(unpack: Callable[..., list[tuple[str, bytes]]]) -> None:
    two = zipped({"a": b"x" * 60, "b": b"y" * 60})
    assert len(unpack(two, limits=Limits(size=120))) == 2
    with pytest.raises(UnreadableFile, match="more than 119 bytes"):
        unpack(two, limits=Limits(size=119))
    with pytest.raises(UnreadableFile, match="more than 1 files"):
        unpack(two, limits=Limits(members=1))
    with pytest.raises(UnreadableFile, match="deep"):
        unpack(gzip.compress(gzip.compress(b"x")), limits=Limits(levels=1))
    quine = gzip.compress(b"x")
    for _ in range(50):
        quine = gzip.compress(quine)
    with pytest.raises(UnreadableFile, match="deep"):
        unpack(quine)
    lean = Limits(free=100, ratio=2)
    assert unpack(gzip.compress(b"x" * 100), limits=lean)
    with pytest.raises(UnreadableFile, match="bytes"):
        unpack(gzip.compress(b"x" * 101), limits=lean)


BOMBS: dict[str, Callable[[], bytes]] = {
    "gzip": lambda: zeros_in_gzip(300),
    "zstd": lambda: zstd(ZEROS * 80),
    "zip": lambda: zipped({"zeros": ZEROS * 80}),
    "gzip of gzip": lambda: gzip.compress(zeros_in_gzip(80)),
}


@pytest.mark.parametrize("kind", sorted(BOMBS))
def test_a_bomb_costs_neither_memory_nor_disk(
    unpack: Callable[..., list[tuple[str, bytes]]], kind: str
) -> None:
    bomb = BOMBS[kind]()
    before = psutil.Process().memory_info().rss
    with pytest.raises(UnreadableFile, match="turns into more than 67,108,864 bytes"):
        unpack(bomb)
    assert psutil.Process().memory_info().rss - before < 64 * 1024**2


def test_a_long_table_of_contents_is_not_read(
    unpack: Callable[..., list[tuple[str, bytes]]],
) -> None:
    record = b"PK\x05\x06" + bytes(4) + b"\xff\xff" * 2 + b"\xff" * 8 + b"\0\0"
    for tail in (record, record[:-2] + b"\5\0words"):
        with pytest.raises(UnreadableFile, match="too long"):
            unpack(b"PK\x03\x04" + bytes(100) + tail)


def test_bzip2_is_none_of_them(unpack: Callable[..., list[tuple[str, bytes]]]) -> None:
    data = bz2.compress(b"x")
    assert unpack(data) == [("r.csv.gz", data)]
