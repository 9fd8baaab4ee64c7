"""Cases that are read as one: a case, and all that were merged into it."""

from __future__ import annotations

from pehra.cases.models.case import Case

_DEEPEST = 50


def root_of(case: Case) -> Case:
    """The case that stays where one was merged into others; itself otherwise."""
    for _ in range(_DEEPEST):
        if case.merged_into is None:
            break
        case = case.merged_into
    return case


def numbers_of(number: int) -> list[int]:
    """A case and those merged into it, itself first, inside the scope that is open."""
    found, newest = [number], [number]
    for _ in range(_DEEPEST):
        rows = Case.objects.filter(merged_into__in=newest).order_by("pk")
        newest = [one for one in rows.values_list("pk", flat=True) if one not in found]
        if not newest:
            break
        found += newest
    return found
