"""Finds the sources: modules of `pehra.intake.sources`, then entry points `pehra.sources`."""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import TYPE_CHECKING

from pehra.intake import sources as shipped
from pehra.intake.source import Source
from pehra.kernel.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

GROUP = "pehra.sources"
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@cache
def sources() -> dict[str, Source]:
    """All sources by slug, the shipped ones first, each group in order of its slugs.

    Raises:
        EnvironmentFault: two sources have one slug, or a plug-in offers something else.
    """
    return gathered(_shipped(), entry_points(group=GROUP))


def source(slug: str) -> Source:
    """One source; raises `UsageError` naming the known ones where there is none of that slug."""
    known = sources()
    if slug not in known:
        message = f"There is no source `{slug}`."
        raise UsageError(message, mend=f"Known are: {', '.join(known)}.")
    return known[slug]


def gathered(own: Iterable[Source], plugged: Iterable[EntryPoint]) -> dict[str, Source]:
    """Put sources together; a clash of slugs or a wrong one is refused."""
    found: dict[str, Source] = {}
    for offered, origin in (
        *((source, "pehra") for source in sorted(own, key=_slug)),
        *((_loaded(point), f"the plug-in `{point.name}`") for point in sorted(plugged)),
    ):
        if offered.slug in found or not _SLUG.fullmatch(offered.slug):
            fault = "is taken" if offered.slug in found else "is no slug"
            message = f"`{offered.slug}`, a source of {origin}, {fault}."
            raise EnvironmentFault(message, mend="Remove the plug-in or rename its source.")
        found[offered.slug] = offered
    return found


def _slug(offered: Source) -> str:
    return offered.slug


def _shipped() -> list[Source]:
    names = [module.name for module in pkgutil.iter_modules(shipped.__path__)]
    modules = [importlib.import_module(f"{shipped.__name__}.{name}") for name in names]
    return [module.SOURCE for module in modules if _has_source(module)]


def _has_source(module: ModuleType) -> bool:
    return isinstance(getattr(module, "SOURCE", None), Source)


def _loaded(point: EntryPoint) -> Source:
    offered = point.load()
    if isinstance(offered, Source):
        return offered
    if isinstance(offered, ModuleType) and _has_source(offered):
        found: Source = offered.SOURCE
        return found
    message = f"The plug-in `{point.name}` offers no source."
    raise EnvironmentFault(message, mend="Its entry point must name a `Source` or its module.")
