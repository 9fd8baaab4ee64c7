"""Roots and proofs against RFC 9162's own recursive text, and the known vectors of CT."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.ledger import merkle
from pehra.ledger.merkle import Frontier, Tree

# The eight leaves of the Certificate Transparency reference tests and the root after each.
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

data_lists = st.lists(st.binary(max_size=8), min_size=1, max_size=70)


def split(size: int) -> int:
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def mth(data: list[bytes]) -> bytes:
    """MTH(D_n) of RFC 9162, section 2.1.1, word by word."""
    if not data:
        return hashlib.sha256().digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = split(len(data))
    return hashlib.sha256(b"\x01" + mth(data[:k]) + mth(data[k:])).digest()


def path(m: int, data: list[bytes]) -> list[bytes]:
    """PATH(m, D_n) of RFC 9162, section 2.1.3.1."""
    if len(data) == 1:
        return []
    k = split(len(data))
    if m < k:
        return [*path(m, data[:k]), mth(data[k:])]
    return [*path(m - k, data[k:]), mth(data[:k])]


def subproof(m: int, data: list[bytes], *, known: bool) -> list[bytes]:
    """SUBPROOF(m, D_n, b) of RFC 9162, section 2.1.4.1."""
    if m == len(data):
        return [] if known else [mth(data)]
    k = split(len(data))
    if m <= k:
        return [*subproof(m, data[:k], known=known), mth(data[k:])]
    return [*subproof(m - k, data[k:], known=False), mth(data[:k])]


def tree(data: list[bytes]) -> Tree:
    return Tree(len(data), mth(data))


def inclusion(m: int, data: list[bytes]) -> list[bytes]:
    return [mth(data[a:b]) for a, b in merkle.inclusion_ranges(m, len(data))]


def consistency(m: int, data: list[bytes]) -> list[bytes]:
    return [mth(data[a:b]) for a, b in merkle.consistency_ranges(m, len(data))]


def test_known_roots() -> None:
    frontier, roots = Frontier(), []
    for data in CT_LEAVES:
        frontier = frontier.appended(merkle.leaf_hash(data))
        roots.append(frontier.root.hex())
    assert roots == CT_ROOTS
    assert merkle.root_of([]).hex() == EMPTY
    assert Frontier().tree == Tree(0, bytes.fromhex(EMPTY))


def test_known_inclusion_proof() -> None:
    proof = [
        bytes.fromhex("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"),
        bytes.fromhex("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
        bytes.fromhex("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    ]
    assert inclusion(5, CT_LEAVES) == proof
    leaf = merkle.leaf_hash(CT_LEAVES[5])
    assert merkle.proves_inclusion(proof, leaf, 5, Tree(8, bytes.fromhex(CT_ROOTS[7])))


@given(data_lists)
def test_roots_are_those_of_the_rfc(data: list[bytes]) -> None:
    assert merkle.root_of([merkle.leaf_hash(item) for item in data]) == mth(data)


@given(data_lists)
def test_frontier_survives_packing(data: list[bytes]) -> None:
    frontier = Frontier()
    for item in data:
        frontier = Frontier.unpack(frontier.size, frontier.packed).appended(merkle.leaf_hash(item))
    assert frontier.tree == tree(data)
    assert len(frontier.hashes) == len(data).bit_count()


@pytest.mark.parametrize(("size", "packed"), [(1, b""), (0, b"x"), (3, b"y" * 32), (-1, b"z" * 32)])
def test_frontier_that_does_not_fit(size: int, packed: bytes) -> None:
    with pytest.raises(ValueError, match="no frontier"):
        Frontier.unpack(size, packed)


@given(data_lists, st.data())
def test_inclusion_is_that_of_the_rfc_and_holds(data: list[bytes], draw: st.DataObject) -> None:
    index = draw.draw(st.integers(0, len(data) - 1))
    proof = inclusion(index, data)
    assert proof == path(index, data)
    assert merkle.proves_inclusion(proof, merkle.leaf_hash(data[index]), index, tree(data))


@given(data_lists, st.data())
def test_consistency_is_that_of_the_rfc_and_holds(data: list[bytes], draw: st.DataObject) -> None:
    old = draw.draw(st.integers(1, len(data)))
    proof = consistency(old, data)
    assert proof == subproof(old, data, known=True)
    assert merkle.proves_consistency(proof, tree(data[:old]), tree(data))


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=40, unique=True), st.data())
def test_no_proof_holds_for_another_leaf_place_or_root(
    data: list[bytes], draw: st.DataObject
) -> None:
    index = draw.draw(st.integers(0, len(data) - 1))
    other = draw.draw(st.integers(-1, len(data)).filter(lambda place: place != index))
    proof, leaf = inclusion(index, data), merkle.leaf_hash(data[index])
    assert not merkle.proves_inclusion(proof, leaf, other, tree(data))
    assert not merkle.proves_inclusion(proof, merkle.leaf_hash(b"another"), index, tree(data))
    assert not merkle.proves_inclusion(proof, leaf, index, Tree(len(data), b"\0" * 32))
    assert not merkle.proves_inclusion([*proof, leaf], leaf, index, tree(data))
    assert not merkle.proves_inclusion(proof[:-1], leaf, index, tree(data))


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=40, unique=True), st.data())
def test_no_proof_joins_a_rewritten_log(data: list[bytes], draw: st.DataObject) -> None:
    old = draw.draw(st.integers(1, len(data) - 1))
    changed = draw.draw(st.integers(0, old - 1))
    rewritten = [*data[:changed], data[changed] + b"x", *data[changed + 1 :]]
    proof = consistency(old, rewritten)
    assert not merkle.proves_consistency(proof, tree(data[:old]), tree(rewritten))
    assert not merkle.proves_consistency(proof[:-1], tree(rewritten[:old]), tree(rewritten))
    assert not merkle.proves_consistency([*proof, proof[0]], tree(rewritten[:old]), tree(rewritten))
    assert not merkle.proves_consistency(proof, tree(rewritten), tree(rewritten[:old]))


@given(
    st.lists(st.binary(min_size=32, max_size=32), max_size=8),
    st.integers(-2, 40),
    st.integers(-2, 40),
)
def test_any_proof_is_answered(proof: list[bytes], old: int, new: int) -> None:
    zero = b"\0" * 32
    assert not merkle.proves_inclusion(proof, zero, old, Tree(new, b"\1" * 32))
    assert not merkle.proves_consistency(proof, Tree(old, zero), Tree(new, b"\1" * 32))


def test_the_empty_tree_begins_every_tree() -> None:
    empty, full = Tree(0, merkle.EMPTY_ROOT), tree(CT_LEAVES)
    assert merkle.consistency_ranges(0, 8) == []
    assert merkle.proves_consistency([], empty, full)
    assert merkle.proves_consistency([], full, full)
    assert not merkle.proves_consistency([], full, Tree(8, b"\0" * 32))
    assert not merkle.proves_consistency([], Tree(0, b"\0" * 32), full)


def test_impossible_proofs_are_refused() -> None:
    with pytest.raises(ValueError, match="no leaf 3"):
        merkle.inclusion_ranges(3, 3)
    with pytest.raises(ValueError, match="cannot continue"):
        merkle.consistency_ranges(4, 3)
