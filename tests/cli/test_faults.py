"""Errors of the machine and of libraries are one sentence; faults of ours stay what they are."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from django.db import DatabaseError, InterfaceError, OperationalError
from hypothesis import given
from hypothesis import strategies as st

from pehra.cli.faults import fault_of, legible

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left", "lake/x"), "lake/x: No space left."),
        (PermissionError(errno.EACCES, "Permission denied"), "Permission denied."),
        (OSError("torn.\nand more"), "torn."),
        (DeltaError("no log"), "The lake, or a file, cannot be read or written: no log."),
        (pa.ArrowInvalid("torn"), "The lake, or a file, cannot be read or written: torn."),
        (
            pl.exceptions.ComputeError("torn"),
            "The lake, or a file, cannot be read or written: torn.",
        ),
        (DatabaseError("away"), "The database does not answer: away."),
        (OperationalError("no such table\nLINE 1"), "The database does not answer: no such table."),
        (InterfaceError("closed"), "The database does not answer: closed."),
    ],
)
def test_what_the_machine_lacks_is_one_sentence(error: Exception, message: str) -> None:
    fault = fault_of(error)
    assert fault is not None
    assert (fault.message, fault.exit_code, fault.code) == (message, 4, "environment")
    assert fault.mend


@pytest.mark.parametrize(
    "error", [ValueError("x"), KeyError("x"), TypeError("x"), AssertionError()]
)
def test_faults_of_ours_are_not_hidden(error: Exception) -> None:
    assert fault_of(error) is None


def test_a_table_without_a_log_is_known_by_what_the_library_raises(tmp_path: Path) -> None:
    with pytest.raises(DeltaError) as caught:
        DeltaTable(tmp_path)
    assert fault_of(caught.value) is not None


@given(st.text(st.characters(codec=None)))
def test_any_text_can_be_written(text: str) -> None:
    told = legible(text)
    assert told.encode().decode() == told
    if not any(0xD800 <= ord(sign) <= 0xDFFF for sign in text):
        assert told == text
