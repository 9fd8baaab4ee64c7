"""The audit of a log: reads entries in order, once, and names the first that does not hold.

It knows no database: the stored log and an exported file are both fed to it. What it can prove:
every body is the one that was hashed, no entry is missing, doubled, moved or cut from the end,
every stored root follows from the entries before it, and every checkpoint that is shown to it is
signed and is a root of this very log. Who can rewrite the whole log and holds the key is only
caught by a checkpoint that was kept elsewhere: show it as one more.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.errors import Damaged
from pehra.ledger import body as bodies
from pehra.ledger import checkpoint
from pehra.ledger.merkle import Frontier, Tree, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pehra.ledger.checkpoint import VerifierKey


class Row(msgspec.Struct, frozen=True):
    """An entry as stored, its columns beside its body; `at` as RFC 3339, empty where it is none."""

    seq: int
    body: bytes
    act: str
    subject: str
    at: str
    leaf: bytes
    root: bytes


class Signed(msgspec.Struct, frozen=True):
    """A checkpoint as stored; `tree` is None for a note that was brought from elsewhere."""

    note: str
    tree: Tree | None = None


class Verdict(msgspec.Struct, frozen=True):
    """What the audit found.

    Attributes:
        ok: whether all of it holds.
        size: entries read until the first fault.
        root: root over those, hexadecimal.
        checkpoints: checkpoints that hold.
        bad: the first bad entry; None where all holds or no single entry is to blame.
        what: what is wrong, a sentence; empty where all holds.
    """

    ok: bool
    size: int
    root: str
    checkpoints: int
    bad: int | None = None
    what: str = ""


class Audit:
    """One pass over a log. Feed `take` until it says False or the log ends, then ask `close`."""

    def __init__(self, signed: Iterable[Signed], key: VerifierKey | None) -> None:
        """Read the checkpoints first: their roots are compared while the entries pass."""
        self._frontier = Frontier()
        self._bad: int | None = None
        self._what = ""
        self._awaited: dict[int, list[bytes]] = defaultdict(list)
        self._held = 0
        self._sound_to = 0
        self._read_checkpoints(signed, key)
        self._compare_checkpoints()

    @property
    def failed(self) -> bool:
        """Whether a fault was found that ends the reading."""
        return bool(self._what)

    @property
    def size(self) -> int:
        """Entries that were read and hold."""
        return self._frontier.size

    def take(self, row: Row) -> bool:
        """Read the next stored entry; says whether it holds."""
        fault = self._fault(row)
        if fault:
            return self._blame(min(self.size, row.seq), fault)
        self._frontier = self._frontier.appended(row.leaf)
        if self._frontier.root != row.root:
            return self._blame(row.seq, self._broken_chain(row.seq))
        return self._compare_checkpoints()

    def take_body(self, data: bytes) -> bool:
        """Read the next entry of an exported file, which has bodies only."""
        try:
            found = bodies.decode(data)
        except Damaged as damage:
            return self._blame(self.size, damage.message)
        if found.seq != self.size:
            return self._blame(self.size, f"Entry {found.seq} stands in the place of {self.size}.")
        self._frontier = self._frontier.appended(leaf_hash(data))
        return self._compare_checkpoints()

    def close(self, head: tuple[int, bytes] | None) -> Verdict:
        """The verdict; `head` is the stored size and packed frontier, None for a file."""
        if not self.failed and head is not None:
            self._compare_head(*head)
        if not self.failed and self._awaited:
            size = min(self._awaited)
            self._blame(self.size, f"Entries are missing: a checkpoint was signed at {size}.")
        root, what = self._frontier.root.hex(), self._what
        return Verdict(not what, self.size, root, self._held, self._bad, what)

    def _fault(self, row: Row) -> str:
        if row.seq > self.size:
            return f"Entry {self.size} is missing."
        if row.seq < self.size:
            return f"Entry {row.seq} stands in the place of {self.size}."
        if leaf_hash(row.body) != row.leaf:
            return f"The body of entry {row.seq} is not the one that was hashed."
        try:
            found = bodies.decode(row.body)
        except Damaged as damage:
            return f"Entry {row.seq}: {damage.message}."
        columns = {"seq": row.seq, "act": row.act, "subject": row.subject, "at": row.at}
        differing = [name for name, value in columns.items() if getattr(found, name) != value]
        return f"{differing[0]} of entry {row.seq} differs from its body." if differing else ""

    def _broken_chain(self, seq: int) -> str:
        before = f", or entry {seq - 1} was together with its root" if seq else ""
        return f"The root at entry {seq} does not follow: it was rewritten{before}."

    def _compare_head(self, size: int, packed: bytes) -> None:
        if size < 0:
            self._blame(None, "The head's size is no number.")
        elif size != self.size:
            self._blame(min(size, self.size), f"The head says {size} entries, {self.size} stand.")
        elif packed != self._frontier.packed:
            self._blame(None, "The head's hashes are not those of the entries.")

    def _read_checkpoints(self, signed: Iterable[Signed], key: VerifierKey | None) -> None:
        for one in signed:
            if key is None:
                self._blame(None, "The checkpoints cannot be verified: there is no key.")
                return
            try:
                tree = checkpoint.verify(one.note, key)
            except Damaged as damage:
                self._blame(None, damage.message)
                return
            if one.tree not in (None, tree):
                self._blame(None, f"The checkpoint at {tree.size} differs from its columns.")
                return
            self._awaited[tree.size].append(tree.root)

    def _compare_checkpoints(self) -> bool:
        expected = self._awaited.pop(self.size, []) if not self.failed else []
        if not expected:
            return not self.failed
        if any(other != self._frontier.root for other in expected):
            return self._blame(self._sound_to, self._rewritten(self._sound_to, self.size))
        self._held += len(expected)
        self._sound_to = self.size
        return True

    @staticmethod
    def _rewritten(start: int, stop: int) -> str:
        if not stop:
            return "The checkpoint at 0 has another root than the empty log."
        return f"Of the entries {start} to {stop - 1} one was rewritten: the checkpoint says so."

    def _blame(self, seq: int | None, what: str) -> bool:
        self._bad, self._what = seq, what
        return False
