"""The audit of an exported file: bodies only, no database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.actors import Actor
from pehra.ledger import body, checkpoint, merkle
from pehra.ledger.audit import Audit, Signed, Verdict
from pehra.ledger.checkpoint import SigningKey
from pehra.ledger.merkle import Tree

NOW = datetime(2026, 11, 22, tzinfo=UTC)
KEY = SigningKey.from_seed(bytes(32))
LINES = [
    body.encode(seq, "a.b", Actor("amna", "analyst"), f"s:{seq}", ({}, NOW)) for seq in range(9)
]


def tree(lines: list[bytes]) -> Tree:
    return Tree(len(lines), merkle.root_of(merkle.leaf_hash(line) for line in lines))


def judge(lines: list[bytes], *sizes: int) -> Verdict:
    signed = [Signed(checkpoint.sign(tree(LINES[:size]), KEY)) for size in sizes]
    audit = Audit(signed, KEY.verifier)
    for line in lines:
        if not audit.take_body(line):
            break
    return audit.close(None)


def test_the_file_as_exported_holds() -> None:
    assert judge(LINES, 4, 9) == Verdict(True, 9, tree(LINES).root.hex(), 2)


@given(st.integers(0, 8), st.binary(max_size=20))
def test_a_changed_line_is_noticed(place: int, other: bytes) -> None:
    verdict = judge([*LINES[:place], other, *LINES[place + 1 :]], 9)
    assert (verdict.ok, verdict.bad) == (False, place)


@given(st.integers(0, 8), st.integers(0, 8))
def test_lines_that_changed_places_are_named(one: int, other: int) -> None:
    lines = LINES.copy()
    lines[one], lines[other] = lines[other], lines[one]
    verdict = judge(lines, 9)
    assert (verdict.ok, verdict.bad) == (one == other, None if one == other else min(one, other))


def test_a_rewritten_line_lies_between_two_checkpoints() -> None:
    rewritten = LINES[6].replace(b"amna", b"anna")
    verdict = judge([*LINES[:6], rewritten, *LINES[7:]], 4, 9)
    assert (verdict.bad, verdict.checkpoints) == (4, 1)
    assert verdict.what == "Of the entries 4 to 8 one was rewritten: the checkpoint says so."


@pytest.mark.parametrize("size", range(9))
def test_a_file_that_was_cut_is_noticed(size: int) -> None:
    assert judge(LINES[:size], 9).what == "Entries are missing: a checkpoint was signed at 9."


def test_a_checkpoint_at_nothing_needs_the_root_of_nothing() -> None:
    audit = Audit([Signed(checkpoint.sign(Tree(0, b"x" * 32), KEY))], KEY.verifier)
    assert audit.close(None).what == "The checkpoint at 0 has another root than the empty log."
