"""How a claim follows a claim: what a register's new word does to what stands.

Claims of one organisation on one asset by one source form *runs*: one ends where the next begins.
A run is one holding whose attributes changed on the way. A register's row states a whole run, and

- says nothing new, of a run or of one claim of it: nothing happens;
- gives another confidence or use: what is in force closes now, what was still to begin is
  withdrawn, and another claim begins now, or where the run does;
- gives an end: the last claim closes there; gives a later end, or takes the end back: another claim
  follows;
- gives another beginning, or an end before the last claim began: what stood was wrong, so it is
  withdrawn, and the row is added as it stands.

What was in force before now is thus never changed, except where the register says it was wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

Outcome = Literal["added", "changed", "unchanged"]


class Word(msgspec.Struct, frozen=True):
    """What a row of a register states: a holding from `since` until before `until`."""

    since: datetime | None
    until: datetime | None
    confidence: int
    use: str


class Standing(msgspec.Struct, frozen=True):
    """A claim as it stands."""

    claim: int
    word: Word


Run = tuple[Standing, ...]
"""Claims that follow one another without a gap, the first first."""


class Steps(msgspec.Struct, frozen=True):
    """What is to be written.

    Attributes:
        outcome: for the report.
        detail: what changes, in words.
        close: (claim, moment at which it ends).
        withdraw: claims that were never true.
        add: claims to be added.
    """

    outcome: Outcome
    detail: str = ""
    close: tuple[tuple[int, datetime], ...] = ()
    withdraw: tuple[int, ...] = ()
    add: tuple[Word, ...] = ()


def runs(standing: Sequence[Standing]) -> list[Run]:
    """Split claims of one key, sorted by beginning, into runs."""
    found: list[list[Standing]] = []
    for claim in standing:
        last = found[-1][-1].word.until if found else None
        if last is not None and last == claim.word.since:
            found[-1].append(claim)
        else:
            found.append([claim])
    return [tuple(run) for run in found]


def overlap(left: Word, right: Word) -> bool:
    """Whether two spans share a moment."""
    left_first = right.until is None or left.since is None or left.since < right.until
    right_first = left.until is None or right.since is None or right.since < left.until
    return left_first and right_first


def span(run: Run) -> Word:
    """A run as one holding, with the attributes that it has last."""
    last = run[-1].word
    return Word(run[0].word.since, last.until, last.confidence, last.use)


def meant(word: Word, standing: Sequence[Run]) -> Word:
    """A row that states no beginning means the holding that ends when it does, or that lasts."""
    if word.since is not None or any(run[0].word.since is None for run in standing):
        return word
    alike = [run[0].word.since for run in standing if run[-1].word.until == word.until]
    lasting = [run[0].word.since for run in standing if run[-1].word.until is None]
    found = alike or lasting
    if len(found) != 1 or (word.until is not None and found[0] and word.until <= found[0]):
        return word
    return msgspec.structs.replace(word, since=found[0])


def succeed(word: Word, standing: Sequence[Run], now: datetime) -> Steps:
    """Decide what a row does to the runs that stand for its key.

    Args:
        word: the row, after `meant`.
        standing: runs of the same organisation, asset and source, without those that other rows of
            the register state.
        now: UTC.
    """
    if any(_said(word, run, now) for run in standing):
        return Steps("unchanged")
    same = next((run for run in standing if run[0].word.since == word.since), None)
    wrong = [run for run in standing if run is not same and overlap(word, span(run))]
    if wrong or same is None:
        withdrawn = tuple(claim.claim for run in wrong for claim in run)
        if same is not None:
            withdrawn += tuple(claim.claim for claim in same)
        if not withdrawn:
            return Steps("added", add=(word,))
        return Steps("changed", "other dates", withdraw=withdrawn, add=(word,))
    return _continue(word, same, now)


def _said(word: Word, run: Run, now: datetime) -> bool:
    """Whether claims that follow one another in the run already say this word.

    Two runs that came to meet are one since; what was said of the first alone is still said.
    """
    for first, claim in enumerate(run):
        if claim.word.since != word.since:
            continue
        for last in range(first, len(run)):
            lasting = [run[last].word, *(c.word for c in run[first:last] if not _past(c, now))]
            if run[last].word.until == word.until and all(
                (one.confidence, one.use) == (word.confidence, word.use) for one in lasting
            ):
                return True
    return False


def _past(claim: Standing, now: datetime) -> bool:
    return claim.word.until is not None and claim.word.until <= now


def _continue(word: Word, run: Run, now: datetime) -> Steps:
    """The row speaks of this run."""
    last = run[-1]
    old = last.word
    lasting = [claim.word for claim in run if not _past(claim, now)]
    other = next((one for one in lasting if not _alike(one, word)), old)
    detail = _difference(msgspec.structs.replace(other, until=old.until), word)
    if not detail:
        return Steps("unchanged")
    if _ends_before(word, old):
        everything = tuple(claim.claim for claim in run)
        return Steps("changed", detail, withdraw=everything, add=(word,))
    if _alike(other, word):
        return _other_end(word, last, detail)
    return _other_attributes(word, run, detail, now)


def _alike(one: Word, other: Word) -> bool:
    return (one.confidence, one.use) == (other.confidence, other.use)


def _difference(old: Word, new: Word) -> str:
    names = ("until", "confidence", "use")
    pairs = [(name, getattr(old, name), getattr(new, name)) for name in names]
    return ", ".join(f"{name}: {_shown(a)} -> {_shown(b)}" for name, a, b in pairs if a != b)


def _shown(value: object) -> str:
    return "open" if value is None else str(value)


def _ends_before(word: Word, old: Word) -> bool:
    """Whether the row ends before the last claim of the run even begins."""
    return word.until is not None and old.since is not None and word.until <= old.since


def _other_end(word: Word, last: Standing, detail: str) -> Steps:
    old = last.word
    longer = old.until is not None and (word.until is None or word.until > old.until)
    if longer:
        following = msgspec.structs.replace(word, since=old.until)
        return Steps("changed", detail, add=(following,))
    # A shorter run always states its end.
    end = word.until or old.until
    return Steps("changed", detail, close=((last.claim, end),) if end else ())


def _other_attributes(word: Word, run: Run, detail: str, now: datetime) -> Steps:
    last = run[-1]
    old = last.word
    past = (old.until is not None and old.until <= now) or (
        word.until is not None and word.until <= now
    )
    if past:
        # Of something that has ended nothing changes now: the record of it was wrong.
        everything = tuple(claim.claim for claim in run)
        return Steps("changed", detail, withdraw=everything, add=(word,))
    # A run may go on in claims that are still to begin, where its end was put off.
    coming = [c for c in run if c.word.since is not None and c.word.since >= now]
    present = [c for c in run if c not in coming and not _past(c, now)]
    following = msgspec.structs.replace(word, since=now if present else coming[0].word.since)
    return Steps(
        "changed",
        detail,
        close=tuple((claim.claim, now) for claim in present),
        withdraw=tuple(claim.claim for claim in coming),
        add=(following,),
    )
