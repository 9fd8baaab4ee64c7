"""The note format against the worked example of its reference, and against any bytes."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.kernel.errors import Damaged, UsageError
from pehra.ledger import checkpoint
from pehra.ledger.checkpoint import SigningKey, VerifierKey
from pehra.ledger.merkle import Tree

# Go's golang.org/x/mod/sumdb/note documents this key pair and the signature that it makes.
GO_KEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    b"If you think cryptography is the answer to your problem,\n"
    b"then you don't know what your problem is.\n"
)
GO_SIGNATURE = (
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)

roots = st.binary(min_size=32, max_size=32)
keys = st.binary(min_size=32, max_size=32).map(SigningKey.from_seed)
trees = st.builds(Tree, st.integers(0, 2**62), roots)

KEY = SigningKey.from_seed(bytes(range(32)))
TREE = Tree(42, bytes(32))


def test_signs_as_the_reference_does() -> None:
    key = SigningKey.parse(GO_KEY)
    assert str(key.verifier) == GO_VERIFIER
    signature = key.verifier.key_id + key.sign(GO_TEXT)
    assert base64.b64encode(signature).decode() == GO_SIGNATURE


@given(trees, keys)
def test_what_is_signed_is_read_back(tree: Tree, key: SigningKey) -> None:
    note = checkpoint.sign(tree, key)
    assert checkpoint.verify(note, key.verifier) == tree
    assert checkpoint.verify(note.encode(), VerifierKey.parse(str(key.verifier))) == tree
    assert SigningKey.parse(key.secret_text()) == key


@given(trees, keys, st.data())
def test_any_changed_byte_is_noticed(tree: Tree, key: SigningKey, draw: st.DataObject) -> None:
    note = bytearray(checkpoint.sign(tree, key).encode())
    place = draw.draw(st.integers(0, len(note) - 1))
    note[place] = draw.draw(st.integers(0, 255).filter(lambda byte: byte != note[place]))
    with pytest.raises(Damaged):
        checkpoint.verify(bytes(note), key.verifier)


@given(st.binary(max_size=400) | st.text(max_size=400))
def test_any_bytes_are_answered(note: str | bytes) -> None:
    with pytest.raises(Damaged):
        checkpoint.verify(note, KEY.verifier)


@given(st.text(max_size=120))
def test_any_key_text_is_answered(text: str) -> None:
    with pytest.raises(UsageError):
        VerifierKey.parse(text)
    with pytest.raises(UsageError):
        SigningKey.parse(text)


def test_the_exact_text() -> None:
    note = checkpoint.sign(TREE, KEY)
    lines = note.split("\n")
    assert lines[:4] == [KEY.name, "42", "A" * 43 + "=", ""]
    assert lines[4].startswith(f"\u2014 {KEY.name} ")
    assert lines[5:] == [""]
    assert KEY.name == "pehra/56475aa75463"


def test_signatures_of_witnesses_are_left_alone() -> None:
    witness = SigningKey(name="witness.example/w", seed=bytes(32))
    line = checkpoint.sign(TREE, witness).split("\n\n")[1]
    note = checkpoint.sign(TREE, KEY) + line
    assert checkpoint.verify(note, KEY.verifier) == TREE
    with pytest.raises(Damaged, match="is of the log"):
        checkpoint.verify(note, witness.verifier)


def test_extension_lines_are_signed_and_read() -> None:
    text = f"{KEY.name}\n0\n{'A' * 43}=\nextension\n"
    signature = base64.b64encode(KEY.verifier.key_id + KEY.sign(text.encode())).decode()
    note = f"{text}\n\u2014 {KEY.name} {signature}\n"
    assert checkpoint.verify(note, KEY.verifier) == Tree(0, bytes(32))
    assert checkpoint.parse(note).extensions == ("extension",)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n42\n", "\n042\n"),
        ("\n42\n", "\n-42\n"),
        ("\n42\n", "\n\u0664\u0662\n"),  # Arabic-Indic digits
        ("\n42\n", "\n42\n\n"),
        ("A=\n", "B=\n"),
        ("A=\n", "A\n"),
        ("\u2014 ", "-- "),
        ("\u2014 ", "\u2014  "),
        ("pehra/", "pehra\t/"),
        ("pehra/", "pehra\r/"),
    ],
)
def test_other_spellings_are_refused(old: str, new: str) -> None:
    note = checkpoint.sign(TREE, KEY)
    assert old in note
    with pytest.raises(Damaged):
        checkpoint.verify(note.replace(old, new), KEY.verifier)


def test_too_much_is_refused() -> None:
    note = checkpoint.sign(TREE, KEY)
    signature = note.split("\n\n")[1]
    with pytest.raises(Damaged, match="more than 64"):
        checkpoint.parse(note + signature * 64)
    with pytest.raises(Damaged, match="longer than any"):
        checkpoint.parse(note + "x" * 70_000)


def test_a_note_without_our_signature_is_refused() -> None:
    other = SigningKey(name=KEY.name, seed=bytes(32))
    with pytest.raises(Damaged, match="is not signed by"):
        checkpoint.verify(checkpoint.sign(TREE, other), KEY.verifier)


def test_a_key_of_another_algorithm_is_refused() -> None:
    encoded = base64.b64encode(b"\x02" + KEY.verifier.public).decode()
    with pytest.raises(UsageError, match="Another algorithm"):
        VerifierKey.parse(f"{KEY.name}+{KEY.verifier.key_id.hex()}+{encoded}")
    with pytest.raises(UsageError, match="does not have the id"):
        VerifierKey.parse(str(KEY.verifier).replace(KEY.verifier.key_id.hex(), "00000000"))


def test_a_secret_does_not_show_itself() -> None:
    assert repr(KEY) == f"SigningKey('{KEY.name}')"
