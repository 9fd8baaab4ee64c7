"""A playbook as its pages show it: lines of a list, and a picture."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pehra.cases.playbooks.cacao import (
    Action,
    Guide,
    IfCondition,
    Parallel,
    Playbook,
    SwitchCondition,
)
from pehra.cases.playbooks.drawing import HEIGHT, WIDTH, draw
from pehra.cases.playbooks.following import At
from pehra.cases.playbooks.outline import branches, outline
from pehra.web import figures
from pehra.web.findings.rows import localised
from pehra.web.marks import Badge
from pehra.web.playbooks.words import BRANCH, CLOCK, STANDS, VOLATILITY

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.cases.playbooks.outline import Place
    from pehra.cases.playbooks.queries import MarkView, RunView
    from pehra.web.figures import Moment

_LETTERS, _LINES = 24, 3
_LINE_HEIGHT = 15


class Mark(msgspec.Struct, frozen=True):
    """Who said what of a step, and when."""

    by: str
    at: Moment | None
    answer: str
    why: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A step in the list; `level` says how deep it stands, `choices` are answers to a question."""

    key: str
    number: str
    level: int
    branch: str
    name: str
    text: str
    who: str
    within: str
    clock: str
    evidence: list[tuple[str, str]]
    stands: Badge | None
    mark: Mark | None
    choices: list[tuple[str, str]]
    may_mark: bool


class Box(msgspec.Struct, frozen=True):
    """A step in the picture, with its words in lines."""

    x: int
    y: int
    look: str
    asks: bool
    number: str
    lines: list[tuple[int, str]]


class Picture(msgspec.Struct, frozen=True):
    """The picture of a playbook."""

    width: int
    height: int
    boxes: list[Box]
    lines: tuple[str, ...]
    labels: list[tuple[int, int, str]]
    box_width: int = WIDTH
    box_height: int = HEIGHT


def name_of(playbook: Playbook) -> str:
    """The name of a playbook in the reader's language."""
    return localised(playbook.name, playbook.title.name_ur)


def about(playbook: Playbook) -> str:
    """What it is for."""
    return localised(playbook.description, playbook.title.description_ur)


def branch_word(playbook: Playbook, key: str, branch: str) -> str:
    """What a branch of a step is called."""
    words = playbook.guides[key].case_words.get(branch)
    if words:
        return localised(*words)
    if isinstance(playbook.steps[key], Parallel) and branch.isdigit():
        return ""  # its number says that already
    return str(BRANCH[branch]) if branch in BRANCH else branch


def _answers(playbook: Playbook, key: str) -> list[tuple[str, str]]:
    step = playbook.steps[key]
    if not isinstance(step, IfCondition | SwitchCondition):
        return []
    names = [name for name, _to in branches(playbook, key) if name != "failed"]
    if isinstance(step, IfCondition) and "false" not in names:
        names.append("false")
    return [(name, branch_word(playbook, key, name)) for name in names]


def lines(playbook: Playbook) -> list[Line]:
    """Every step in the order of reading."""
    return [_line(playbook, place) for place in outline(playbook)]


def lines_of(run: RunView, now: datetime) -> list[Line]:
    """Every step of a run in the order of reading, with how it stands."""
    places = outline(run.playbook)
    return [_standing(_line(run.playbook, place), place, run, now) for place in places]


def _standing(line: Line, place: Place, run: RunView, now: datetime) -> Line:
    at, made = run.standing.at[place.key], run.marks.get(place.key)
    tone, word = STANDS[at]
    asked = isinstance(run.playbook.steps[place.key], Action | IfCondition | SwitchCondition)
    return msgspec.structs.replace(
        line,
        stands=Badge(tone, str(word)),
        mark=_mark(run.playbook, place.key, made, now) if made else None,
        may_mark=asked and at is not At.PASSED,
    )


def _line(playbook: Playbook, place: Place) -> Line:
    step, guide = playbook.steps[place.key], playbook.guides[place.key]
    first = place.within and place.number.endswith("1") and not place.number[-2].isdigit()
    who = ""
    if isinstance(step, Action):
        who = localised(playbook.agents[step.agent].name, playbook.parties[step.agent].name_ur)
    return Line(
        key=place.key,
        number=place.number,
        level=min(place.depth, 3),
        branch=branch_word(playbook, *place.within[-1]) if first else "",
        name=localised(step.name, guide.name_ur),
        text=localised(step.description, guide.description_ur),
        who=who,
        within=_within(guide),
        clock=str(CLOCK[guide.clock_words]) if guide.clock_words in CLOCK else "",
        evidence=_evidence(guide),
        stands=None,
        mark=None,
        choices=_answers(playbook, place.key),
        may_mark=False,
    )


def _within(guide: Guide) -> str:
    if guide.within_minutes is None:
        return ""
    return _("within %(span)s") % {"span": figures.span(guide.within_minutes * 60)}


def _evidence(guide: Guide) -> list[tuple[str, str]]:
    kept = sorted(guide.evidence, key=lambda one: one.volatility)
    return [
        (localised(one.what, one.what_ur), str(VOLATILITY.get(one.volatility, one.volatility)))
        for one in kept
    ]


def _mark(playbook: Playbook, key: str, made: MarkView, now: datetime) -> Mark:
    answer = branch_word(playbook, key, made.mark.chosen) if made.mark.chosen else ""
    return Mark(made.by, figures.moment(made.at, now=now), answer, made.mark.why)


def picture(playbook: Playbook, run: RunView | None = None) -> Picture:
    """The steps as boxes and lines."""
    drawn = draw(playbook)
    numbers = {one.key: one.number for one in outline(playbook)}
    boxes = []
    for box in drawn.boxes:
        step, guide = playbook.steps[box.key], playbook.guides[box.key]
        at = run.standing.at[box.key] if run else None
        look = at.value if at else "plain"
        boxes.append(
            Box(
                x=box.x,
                y=box.y,
                look=look,
                asks=isinstance(step, IfCondition | SwitchCondition),
                number=numbers[box.key],
                lines=_wrapped(localised(step.name, guide.name_ur), box.x, box.y),
            )
        )
    words = [(one, branch_word(playbook, one.key, one.branch)) for one in drawn.labels]
    labels = [(one.x, one.y, _shortened(word)) for one, word in words if word]
    return Picture(drawn.width, drawn.height, boxes, drawn.lines, labels)


def _shortened(text: str) -> str:
    return textwrap.shorten(text, _LETTERS, placeholder="\u2026")


def _wrapped(text: str, x: int, y: int) -> list[tuple[int, str]]:
    """Words of a box in at most three lines around its middle, each with its y."""
    del x
    letters = _LETTERS + 4 if get_language() == "ur" else _LETTERS
    found = textwrap.wrap(text, letters, max_lines=_LINES, placeholder="\u2026")
    top = y + HEIGHT // 2 - _LINE_HEIGHT * (len(found) - 1) // 2 + 4
    return [(top + place * _LINE_HEIGHT, line) for place, line in enumerate(found)]
