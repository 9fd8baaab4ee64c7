"""The house is as ARCHITECTURE.md says: rooms, purity, sizes, mirrors, reasons, no addresses."""

from __future__ import annotations

import ast
import fnmatch
import re
import shutil
import statistics
import subprocess
import sys
import tokenize
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "pehra"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]
LAYERS = [room for floor in CONTRACTS[0]["layers"] for room in floor.split(" | ")]
MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if not {"migrations", "data"} & set(path.parts)
)

KNOWS_DJANGO = {"models", "actions", "queries", "jobs", "apps", "migrations", "tenancy"}
"""File names that may import Django."""

ASKS_ACTS = {
    "pehra.cases.reported.inbox": "asks what a mailbox brought, and has it filed",
    "pehra.dispatch.mailing": "the way of one letter, from act to act",
    "pehra.dispatch.posting": "the way of one letter to a webhook, from act to act",
    "pehra.findings.arrivals": "the way of what arrives, from act to act",
    "pehra.findings.fetching": "asks which sources are due, and notes how they do",
    "pehra.findings.ingest": "the way of one file, from act to act",
    "pehra.findings.kept": "opens what a batch of intake's acts names",
    "pehra.findings.mail": "asks what a mailbox brought, and notes how far it is read",
    "pehra.findings.reach": "says what a batch covers in the words of intake's acts",
    "pehra.findings.replays": "the way of a finished file, from act to act",
    "pehra.findings.snapshots": "the way of a list, from its judgement on",
    "pehra.findings.traced": "asks for the findings of what another system saw",
    "pehra.notices.inbox": "asks what a mailbox brought, and has it filed",
    "pehra.jobs.work": "claims and finishes jobs through actions",
    "pehra.jobs.schedule": "adds schedules through actions",
    "pehra.registry.compiled": "asks queries for the claims and teams that it compiles",
}
"""Modules that import no Django but call a room's actions or queries, so reach it indirectly."""

NO_MIRROR = {
    "__init__": "a charter",
    "apps": "names the room to Django",
    "models": "fields and constraints, tried through the room's actions and queries",
    "settings": "read by every test of the site",
    "urls": "read by every test of the site",
    "wsgi": "three lines, started by the browser tests",
}
"""File names without a test module of their own, with the reason."""

NO_MIRROR_MODULES = {
    "pehra.dispatch.mailing": "run by the tests of the jobs that send",
    "pehra.dispatch.posting": "run by the tests of the jobs that post",
    "pehra.mandate.viewers": "one frozen value, tried by the tests of the tenancy gate",
    "pehra.intake.source": "types without a line to run, held by the laws of every source",
    "pehra.cli.bench.attribution": "a whole bench, run small by the tests of its commands",
    "pehra.cli.bench.startup": "a whole bench, run small by the tests of its commands",
    "pehra.cli.bench.throwaway": "what IntelMQ is set up in, run by the test of the peer",
}
"""Modules without a test module of their own, with the reason."""

NO_MIRROR_FOLDERS = {
    "intake/sources": "one permanent test holds every source to the same laws",
    "cases/models": "fields and constraints, tried through the room's actions and queries",
    "outreach/models": "fields and constraints, tried through the room's actions and queries",
    "web/formats": "constants, seen in the tests of the pages",
}
"""Folders whose modules have no test module each, with the reason."""


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")


def covered(module: str, expressions: list[str]) -> bool:
    """Whether a contract's list names `module` or a package around it."""
    parts = module.split(".")
    around = [".".join(parts[:size]) for size in range(1, len(parts) + 1)]
    return any(fnmatch.fnmatchcase(name, pattern) for name in around for pattern in expressions)


def committed() -> list[Path]:
    """Files under version control, and those about to be."""
    git = shutil.which("git") or "git"
    listing = subprocess.run(
        # Whoever owns the clone: the machine that tests may have made it as another user.
        [git, "-c", "safe.directory=*", "ls-files", "-coz", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in listing.stdout.split("\0") if name)
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def test_the_import_contracts_hold() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(
        [command, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout


def test_rooms_that_exist_stand_without_parentheses() -> None:
    built = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert built == {room for room in LAYERS if not room.startswith("(")}


@pytest.mark.parametrize("room", [room for room in LAYERS if not room.startswith("(")])
def test_a_charter_is_one_sentence(room: str) -> None:
    charter = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text())) or ""
    assert re.fullmatch(r"[A-Z][^\n.]+\.", charter), charter


def test_pages_made_from_code_are_up_to_date() -> None:
    command = (sys.executable, ROOT / "lint" / "pages.py", "--check")
    assert subprocess.run(command, check=False).returncode == 0, "run: python lint/pages.py"


def test_every_pure_module_is_in_the_contract() -> None:
    listed = CONTRACTS[1]["source_modules"]
    pure = [
        dotted(path)
        for path in MODULES
        if path.stem != "__init__"
        and KNOWS_DJANGO.isdisjoint((*path.relative_to(PACKAGE).parent.parts, path.stem))
        and path.relative_to(PACKAGE).parts[0] not in {"web", "cli"}
        and path.parent != PACKAGE
    ]
    missing = [name for name in pure if name not in ASKS_ACTS and not covered(name, listed)]
    assert missing == [], "add these to the second contract in pyproject.toml"


def test_modules_are_short() -> None:
    sizes = {dotted(path): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: size for name, size in sizes.items() if size > 400} == {}


def test_functions_are_short() -> None:
    sizes = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert statistics.quantiles(sizes, n=20)[-1] <= 40


def mirrored(path: Path) -> bool:
    """Whether a test module is named after the module at `path`."""
    place = ROOT / "tests" / path.relative_to(PACKAGE).parent
    tried = [place.glob(f"test_{path.stem}.py"), place.glob(f"test_{path.stem}_*.py")]
    if path.parent.parent != PACKAGE:  # a folder inside a room may have one test for all of it
        tried += [place.parent.glob(f"test_{name}*.py") for name in (path.stem, path.parent.name)]
    return any(any(found) for found in tried)


def test_tests_mirror_modules() -> None:
    without = [
        dotted(path)
        for path in MODULES
        if path.stem not in NO_MIRROR
        and dotted(path) not in NO_MIRROR_MODULES
        and not any(path.is_relative_to(PACKAGE / folder) for folder in NO_MIRROR_FOLDERS)
        and not mirrored(path)
    ]
    assert without == []


HOSTS = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs|npmjs\.org|crates\.io|proxy\.golang\.org"
    r"|index\.docker|--(?:extra-)?index-(?:url)|--trusted-(?:host)",
)
"""Hosts of package registries: which one a machine asks is that machine's business."""

MACHINE = re.compile(r"(?<![\w.~$}/-])/(?:work|root|tmp|home)/\w")
"""Paths that exist on one machine only."""


def test_no_registry_and_no_machine_is_named() -> None:
    found = []
    for path in committed():
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}:{number}"
            for number, line in enumerate(lines, 1)
            if HOSTS.search(line) or MACHINE.search(line)
        ]
    assert found == []


SUPPRESSION = re.compile(r"#\s*(noqa|type:\s*ignore|pragma:|mypy:\s*(?!strict))")
REASONED = re.compile(
    r"#\s*noqa:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*\s+\S.{7,}"
    r"|#\s*type:\s*ignore\[[\w-]+(?:,\s*[\w-]+)*\]\s*#\s*\S.{7,}"
)


def comments(path: Path) -> list[tuple[int, str]]:
    with path.open("rb") as file:
        tokens = list(tokenize.tokenize(file.readline))
    return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]


def test_every_suppression_has_a_code_and_a_reason() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{line}"
        for folder in ("src", "tests", "lint")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, comment in comments(path)
        if SUPPRESSION.search(comment) and not REASONED.search(comment)
    ]
    assert bare == []


@pytest.mark.parametrize(
    ("comment", "kept"),
    [
        ("# noqa: S603 our own command", True),
        ("# noqa: S603, S607 our own command", True),
        ("# type: ignore[misc] # allauth has no types", True),
        ("# noqa", False),
        ("# noqa: S603", False),
        ("# noqa: S603 why", False),
        ("# type: ignore", False),
        ("# type: ignore[misc]", False),
    ],
)
def test_what_counts_as_a_reason(comment: str, kept: bool) -> None:  # noqa: FBT001 a parameter of the table
    assert bool(SUPPRESSION.search(comment)) is True
    assert bool(REASONED.search(comment)) is kept


def test_the_lists_of_exceptions_are_not_stale() -> None:
    assert [name for name in NO_MIRROR_FOLDERS if not (PACKAGE / name).is_dir()] == []
    names = {dotted(path) for path in MODULES}
    assert [name for name in {**ASKS_ACTS, **NO_MIRROR_MODULES} if name not in names] == []
