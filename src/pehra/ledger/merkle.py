"""Merkle tree hashing of RFC 9162, section 2.1: roots, the growing edge, and both proofs.

Leaves are given by their leaf hashes; indexes count from 0. A proof is planned as ranges of leaves
(`inclusion_ranges`, `consistency_ranges`) whose roots, in that order, are its hashes: who holds the
leaves decides how a range is read, so a proof over a long log never needs all of it in memory.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


class Tree(msgspec.Struct, frozen=True):
    """A tree head: how many leaves, and the root over them (32 bytes)."""

    size: int
    root: bytes


def leaf_hash(data: bytes) -> bytes:
    """Hash of one leaf: SHA-256 over 0x00 and the data (RFC 9162, section 2.1.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256 over 0x01 and both children (RFC 9162, section 2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier(msgspec.Struct, frozen=True):
    """The right edge of a growing tree: roots of its perfect subtrees, the largest first.

    One hash for each 1 in the binary form of `size`; this is all that appending needs.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    @classmethod
    def unpack(cls, size: int, packed: bytes) -> Frontier:
        """Read hashes laid end to end; raises `ValueError` where they do not fit `size`."""
        if size < 0 or len(packed) != size.bit_count() * HASH_SIZE:
            message = f"{len(packed)} bytes are no frontier of {size} leaves"
            raise ValueError(message)
        starts = range(0, len(packed), HASH_SIZE)
        return cls(size, tuple(packed[start : start + HASH_SIZE] for start in starts))

    @property
    def packed(self) -> bytes:
        """The hashes laid end to end."""
        return b"".join(self.hashes)

    @property
    def root(self) -> bytes:
        """Root over all leaves so far; for none, the hash of nothing."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root

    @property
    def tree(self) -> Tree:
        """Size and root."""
        return Tree(self.size, self.root)

    def appended(self, leaf: bytes) -> Frontier:
        """The edge after one more leaf hash; merges as many subtrees as `size` ends in ones."""
        hashes, rest = list(self.hashes), self.size
        while rest & 1:
            leaf = node_hash(hashes.pop(), leaf)
            rest >>= 1
        return Frontier(self.size + 1, (*hashes, leaf))


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Root over leaf hashes, read once, with memory for the edge only."""
    frontier = Frontier()
    for leaf in leaves:
        frontier = frontier.appended(leaf)
    return frontier.root


def _split(size: int) -> int:
    """Largest power of two below `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Ranges `[start, stop)` whose roots prove leaf `index` in a tree of `size` leaves.

    PATH of RFC 9162, section 2.1.3.1. Raises `ValueError` where the tree has no such leaf.
    """
    if not 0 <= index < size:
        message = f"no leaf {index} in a tree of {size}"
        raise ValueError(message)
    start, stop, ranges = 0, size, list[tuple[int, int]]()
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """Ranges whose roots prove that a tree of `new` leaves begins with that of `old` leaves.

    PROOF of RFC 9162, section 2.1.4.1; nothing is needed where `old` is 0 or equals `new`.
    Raises `ValueError` where the tree would have shrunk.
    """
    if not 0 <= old <= new:
        message = f"a tree of {new} leaves cannot continue one of {old}"
        raise ValueError(message)
    if old in (0, new):
        return []
    start, stop, ranges = 0, new, list[tuple[int, int]]()
    while old != stop:
        middle = start + _split(stop - start)
        if old <= middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:  # else the old root itself stands here, and the verifier has it
        ranges.append((start, stop))
    return ranges[::-1]


def _climb(index: int, last: int) -> tuple[int, int]:
    """Leave the levels at which a node without a right sibling is passed up unchanged."""
    while index and not index & 1:
        index, last = index >> 1, last >> 1
    return index, last


def proves_inclusion(proof: Sequence[bytes], leaf: bytes, index: int, tree: Tree) -> bool:
    """Whether `proof` shows the leaf hash at `index` of `tree` (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < tree.size:
        return False
    last, root = tree.size - 1, leaf
    for sibling in proof:
        if not last:
            return False
        if index & 1 or index == last:
            root = node_hash(sibling, root)
            index, last = _climb(index, last)
        else:
            root = node_hash(root, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and root == tree.root


def proves_consistency(proof: Sequence[bytes], old: Tree, new: Tree) -> bool:
    """Whether `proof` shows that `new` only appended to `old` (RFC 9162, section 2.1.4.2).

    An empty tree is the beginning of every tree; equal sizes need equal roots and no proof.
    """
    if old.size == new.size:
        return not proof and old.root == new.root
    if old.size == 0:
        return not proof and old.root == EMPTY_ROOT
    if not 0 < old.size < new.size:
        return False
    path = list(proof)
    if not old.size & (old.size - 1):
        path.insert(0, old.root)
    return bool(path) and _joins(path, old, new)


def _joins(path: list[bytes], old: Tree, new: Tree) -> bool:
    index, last = old.size - 1, new.size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    old_root = new_root = path[0]
    for sibling in path[1:]:
        if not last:
            return False
        if index & 1 or index == last:
            old_root, new_root = node_hash(sibling, old_root), node_hash(sibling, new_root)
            index, last = _climb(index, last)
        else:
            new_root = node_hash(new_root, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and old_root == old.root and new_root == new.root
