"""What lies in an envelope opens as that envelope's and no other's."""

from __future__ import annotations

import pytest

from pehra.dispatch.inside import Inside, opened, packed, resealed, seal
from pehra.dispatch.letters import Attachment, Letter
from pehra.engines.sealed.ring import Ring, key_of
from pehra.engines.sealed.stream import key_of_value
from pehra.kernel.errors import Damaged

OLD, NEW = key_of(b"a" * 32), key_of(b"b" * 32)
INSIDE = Inside(Letter("s", "t", "", (Attachment("a", "text/csv", b"\x00\xff"),), "ur"), b"k", b"c")


def test_what_was_put_in_comes_out() -> None:
    digest, small = packed(INSIDE)
    sealed = seal(small, OLD, "notice:1")
    assert opened(sealed, Ring((OLD, NEW)), "notice:1") == INSIDE
    assert (digest, len(digest)) == (packed(INSIDE)[0], 64)


def test_it_opens_in_no_other_envelope() -> None:
    sealed = seal(packed(INSIDE)[1], OLD, "notice:1")
    with pytest.raises(Damaged):
        opened(sealed, Ring((OLD,)), "notice:2")


def test_sealed_anew_it_needs_the_new_key_alone() -> None:
    again = resealed(seal(packed(INSIDE)[1], OLD, "notice:1"), Ring((OLD, NEW)), "notice:1")
    assert (key_of_value(again), opened(again, Ring((NEW,)), "notice:1")) == (NEW.id, INSIDE)
