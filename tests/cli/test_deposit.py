"""Sealed keys: what goes in comes out, names stay in their folder, and no key is overwritten."""

from __future__ import annotations

import base64
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.cli import deposit
from pehra.kernel.errors import Damaged, EnvironmentFault, Refused, UsageError
from pehra.kernel.settings import Home

NAMES = st.text("abc019._-", min_size=1, max_size=9).filter(lambda name: name[0] != ".")


@given(st.dictionaries(NAMES, st.binary(max_size=90), max_size=4))
def test_what_goes_in_comes_out(keys: dict[str, bytes]) -> None:
    with TemporaryDirectory() as name:
        home, other = Home(Path(name) / "one"), Path(name) / "other"
        home.keys.mkdir(parents=True)
        for key, value in keys.items():
            (home.keys / key).write_bytes(value)
        shares = deposit.found_escrow(home, 2, 3)
        sealed = home.root / "escrow" / deposit.SEALED
        data = deposit.opened(sealed, [shares[2].text, shares[0].text], None)
        assert deposit.put_back(data, other) == sorted(keys)
        assert {key: (other / key).read_bytes() for key in keys} == keys
        assert deposit.put_back(data, other) == sorted(keys)


@pytest.mark.parametrize("name", ["../up", "/root", "a/../b", ".hidden", "", "a/b/c"])
def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    data = msgspec.json.encode({name: base64.b64encode(b"x").decode()})
    with pytest.raises(Damaged):
        deposit.put_back(data, tmp_path / "keys")
    assert not list(tmp_path.rglob("*"))


@pytest.mark.parametrize("data", [b"", b"[]", b'{"a": 1}', b'{"a": "!"}', b"\xff"])
def test_what_are_no_keys_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(Damaged):
        deposit.put_back(data, tmp_path / "keys")


def test_a_key_that_differs_stays(tmp_path: Path) -> None:
    (tmp_path / "a.key").write_bytes(b"mine")
    data = msgspec.json.encode({"a.key": base64.b64encode(b"other").decode()})
    with pytest.raises(Refused, match="There is another"):
        deposit.put_back(data, tmp_path)
    assert (tmp_path / "a.key").read_bytes() == b"mine"


def test_a_seal_needs_shares_or_a_passphrase(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.keys.mkdir()
    deposit.found_escrow(home, 2, 2)
    sealed = tmp_path / "escrow" / deposit.SEALED
    with pytest.raises(UsageError, match="is sealed"):
        deposit.opened(sealed, [], None)
    with pytest.raises(Refused):
        deposit.opened(sealed, [], "ivory ladder monsoon quilt")
    with pytest.raises(EnvironmentFault, match="Cannot read"):
        deposit.opened(tmp_path / "none", [], None)


def test_a_new_escrow_makes_the_older_shares_useless(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.keys.mkdir()
    old = deposit.found_escrow(home, 2, 2)
    deposit.found_escrow(home, 2, 2)
    with pytest.raises(Refused, match="do not open it"):
        deposit.opened(tmp_path / "escrow" / deposit.SEALED, [one.text for one in old], None)


def test_a_damaged_escrow_is_said(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert deposit.renew(home) is None
    (tmp_path / "escrow").mkdir()
    for text in ("", "pehra-escrow 1 2 3 4", "pehra-escrow 0badcafe 00 2 3"):
        (tmp_path / "escrow" / "public").write_text(text)
        with pytest.raises(Damaged, match="is damaged"):
            deposit.escrow_of(home)


def test_shares_and_passphrases_are_read_from_files(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("For Mrs. A, keep it apart\n\npehra-share x\n")
    (tmp_path / "p").write_text("ivory ladder \nmore\n")
    assert deposit.lines_of([tmp_path / "s"]) == ["pehra-share x"]
    assert deposit.phrase_of(tmp_path / "p") == "ivory ladder"
    assert deposit.phrase_of(None) is None
    with pytest.raises(EnvironmentFault):
        deposit.phrase_of(tmp_path / "none")
