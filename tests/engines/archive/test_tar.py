"""Archives: what goes in comes out, and nothing else does."""

from __future__ import annotations

import io
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.engines.archive.tar import MANIFEST, Entry, check, extract, write
from pehra.kernel.errors import Damaged, EnvironmentFault

SEGMENT = st.text("abcXYZ019._-=@+", min_size=1, max_size=12).filter(lambda s: s.strip("."))
PATHS = st.lists(SEGMENT, min_size=1, max_size=3).map("/".join)


def quiet(done: int, total: int) -> None:
    """Say nothing."""
    assert 0 <= done <= total


def found(folder: Path) -> dict[str, bytes]:
    """Files under a folder by their path in it."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def archive(folder: Path, files: dict[str, bytes]) -> Path:
    """An archive of these files."""
    target = folder / "a.tar"
    write(target, [Entry(name, data) for name, data in files.items()], {"n": 1}, quiet)
    return target


@given(st.dictionaries(PATHS, st.binary(max_size=2_000), max_size=6))
def test_what_goes_in_comes_out(files: dict[str, bytes]) -> None:
    if any(other.startswith(f"{name}/") for name in files for other in files):
        files = {name.replace("/", "-"): data for name, data in files.items()}
    files.pop(MANIFEST, None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target = archive(folder, files)
        manifest = check(target, quiet)
        assert manifest.about == {"n": 1}
        assert {one.path: one.size for one in manifest.files} == {
            name: len(data) for name, data in files.items()
        }
        assert extract(target, folder / "out", quiet) == manifest
        assert found(folder / "out") == files


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_changed_bit_goes_unseen(place: float, bit: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        target = archive(Path(name), {"one": b"x" * 700, "two/three": b"y" * 20})
        before = check(target, quiet)
        data = bytearray(target.read_bytes())
        data[int(place * len(data))] ^= 1 << bit
        target.write_bytes(data)
        try:
            after = check(target, quiet)
        except Damaged:
            return
        assert after == before  # padding, or a field of the tar that says nothing


@pytest.mark.parametrize("size", [0, 1, 511, 512, 600, 1_536, 2_048, 3_000, 3_200])
def test_a_torn_archive_is_refused(tmp_path: Path, size: int) -> None:
    target = archive(tmp_path, {"one": b"x" * 700, "two": b"y" * 20})
    target.write_bytes(target.read_bytes()[:size])
    with pytest.raises(Damaged):
        check(target, quiet)


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../../b", "a//b", "", ".", "a\nb"])
def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    target = tmp_path / "a.tar"
    with tarfile.open(target, "w") as tar:
        info = tarfile.TarInfo(name)
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(Damaged):
        extract(target, tmp_path / "out", quiet)
    assert not list(tmp_path.glob("out/*"))


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE]
)
def test_only_files_have_a_place(tmp_path: Path, kind: bytes) -> None:
    target = tmp_path / "a.tar"
    with tarfile.open(target, "w") as tar:
        info = tarfile.TarInfo("one")
        info.type, info.linkname = kind, "/etc/passwd"
        tar.addfile(info)
    with pytest.raises(Damaged):
        check(target, quiet)


def test_what_comes_after_the_manifest_is_refused(tmp_path: Path) -> None:
    target = archive(tmp_path, {"one": b"x"})
    with tarfile.open(target, "a") as tar:
        info = tarfile.TarInfo("two")
        tar.addfile(info)
    with pytest.raises(Damaged, match="two has no place"):
        check(target, quiet)


def test_a_file_that_has_gone_is_left_out(tmp_path: Path) -> None:
    target = tmp_path / "a.tar"
    entries = [Entry("gone", tmp_path / "gone"), Entry("here", b"x")]
    manifest, digest = write(target, entries, {}, quiet)
    assert [one.path for one in manifest.files] == ["here"]
    assert len(digest) == 64


def test_no_space_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="Cannot write"):
        write(tmp_path / "no-folder" / "a.tar", [Entry("one", b"x")], {}, quiet)
    (tmp_path / "a.tar").write_bytes(b"older")
    with pytest.raises(Damaged):
        write(tmp_path / "a.tar", [Entry("one", b"x"), Entry("../two", b"y")], {}, quiet)
    assert found(tmp_path) == {"a.tar": b"older"}


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="No such file"):
        check(tmp_path / "none", quiet)
