"""What leaves through a browser: sealed by a password, whole, under a name that nothing runs."""

from __future__ import annotations

import io
import zipfile

import pytest
import pyzipper
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.cases.evidence.inert import PASSWORD, plain_name, sealed_zip


@settings(max_examples=20)
@given(st.lists(st.lists(st.binary(max_size=300), max_size=4), min_size=1, max_size=3))
def test_it_opens_by_its_password_only(contents: list[list[bytes]]) -> None:
    made = b"".join(sealed_zip((f"{place}.bin", one) for place, one in enumerate(contents)))
    with pyzipper.AESZipFile(io.BytesIO(made)) as file:
        for place, one in enumerate(contents):
            with pytest.raises(RuntimeError):
                file.read(f"{place}.bin")
            assert file.read(f"{place}.bin", pwd=PASSWORD) == b"".join(one)
    with zipfile.ZipFile(io.BytesIO(made)) as plain:
        assert {one.flag_bits & 1 for one in plain.infolist()} == {1}


def test_it_is_written_as_it_is_read() -> None:
    read = []

    def pieces() -> object:
        for number in range(3):
            read.append(number)
            yield bytes(1000)

    found = sealed_zip([("a.bin", pieces())])  # type: ignore[list-item] # it is iterated only
    assert (len(next(found)) >= 1000, read) == (True, [0])


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("invoice.exe", "invoice.exe.bin"),
        ("../../etc/passwd", "etc_passwd.bin"),
        ("<img src=x onerror=alert(1)>.svg", "img_src_x_onerror_alert_1_.svg.bin"),
        ("اردو", "item.bin"),
        ("a" * 200, f"{'a' * 80}.bin"),
    ],
)
def test_a_name_is_plain(name: str, plain: str) -> None:
    assert plain_name(name) == plain
