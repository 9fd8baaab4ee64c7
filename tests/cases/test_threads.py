"""A mail names its case by its references, or by a number in its subject."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pehra.cases.threads import (
    Message,
    clean,
    ids_in,
    numbers_in,
    own_id,
    subject_of,
    thread_of,
)
from pehra.kernel.errors import UsageError


@given(some.integers(1, 10**17), some.text(max_size=300))
def test_a_number_is_read_back_from_any_subject(case: int, subject: str) -> None:
    made = subject_of(case, subject)
    assert numbers_in(made)[0] == case
    assert subject_of(case, f"Re: {made}").count(f"C{case}]") == 1
    assert len(made) <= 250


@given(some.text(), some.text())
def test_any_head_is_read(message_id: str, references: str) -> None:
    for one in ids_in(message_id + references):
        assert one == one.lower()
        assert len(one) > 0
    assert len(ids_in(references)) <= 100


def test_the_nearest_reference_says_the_thread() -> None:
    mail = Message(message_id="<C@x>", author="a", references="<A@x> <b@x>\n <c@x>")
    assert ids_in(mail.references) == ("c@x", "b@x", "a@x")
    assert thread_of(mail, [("a@x", "a@x"), ("b@x", "t@x")]) == "t@x"
    assert thread_of(mail, []) == own_id(mail) == "c@x"


def test_what_is_kept_of_a_message() -> None:
    mail = Message(message_id="<a@x>", author=" a ", subject="a\x00\n b", text="c\x00 ")
    found = clean(mail)
    assert (found.author, found.subject, found.text) == ("a", "a b", "c")
    with pytest.raises(UsageError, match="no id"):
        own_id(Message(message_id=" ", author="a"))
