"""Each ast-grep rule catches what it is for, and nothing where it is allowed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AST_GREP = Path(sys.executable).with_name("ast-grep")

CAUGHT = [
    ("rows-written-only-in-actions", "registry/queries.py", "claim.save()"),
    ("rows-written-only-in-actions", "registry/queries.py", "claim.save(update_fields=['use'])"),
    ("rows-written-only-in-actions", "web/claims.py", "Claim.objects.create(use='static')"),
    ("rows-written-only-in-actions", "jobs/work.py", "Job.objects.filter(id=1).update(done=2)"),
    ("rows-written-only-in-actions", "jobs/work.py", "Job.objects.using('x').update(done=2)"),
    ("rows-written-only-in-actions", "jobs/jobs.py", "rows.filter(id=1).delete()"),
    ("rows-written-only-in-actions", "jobs/jobs.py", "manager.bulk_create(rows)"),
    ("no-scope-escape", "web/findings.py", "Finding._base_manager.all()"),
    ("no-scope-escape", "web/findings.py", "Finding.objects.raw('select 1')"),
    ("no-scope-escape", "findings/jobs.py", "connection.cursor()"),
    ("no-scope-escape", "findings/jobs.py", "connections['default']"),
    ("no-open-gate", "findings/queries.py", "with unseen(): pass"),
    ("no-open-gate", "findings/queries.py", "with scopes_disabled(): pass"),
    ("no-broad-except", "intake/fetch.py", "try: pass\nexcept Exception: pass"),
    ("no-broad-except", "intake/fetch.py", "try: pass\nexcept Exception as error: pass"),
    ("no-broad-except", "intake/fetch.py", "try: pass\nexcept (OSError, Exception): pass"),
    ("no-broad-except", "intake/fetch.py", "try: pass\nexcept BaseException: pass"),
    ("no-broad-except", "intake/fetch.py", "try: pass\nexcept: pass"),
    ("no-broad-except", "intake/fetch.py", "try: pass\nexcept Exception as e:\n    raise X from e"),
    ("print-only-in-cli", "intake/fetch.py", "print('got it')"),
    ("clock-only-at-doors", "findings/rules.py", "due = clock()"),
    ("clock-only-at-doors", "findings/rules.py", "due = time.clock()"),
]

ALLOWED = [
    ("registry/actions.py", "claim.save()\nClaim.objects.bulk_create(rows)"),
    ("registry/migrations/0002_x.py", "Claim.objects.update(use='static')"),
    ("findings/ingest.py", "desk.keys.save()"),
    ("registry/holdings.py", "seen.update(more)\nindex.save(path)\ntable.delete('day < 3')"),
    ("findings/actions/rows.py", "Finding.objects.bulk_create(rows)\nconnection.cursor()"),
    ("findings/queries.py", "with connection.cursor() as cursor: pass"),
    ("findings/actions.py", "with connection.cursor() as cursor: pass"),
    ("mandate/tenancy.py", "with scopes_disabled(): pass"),
    ("cli/door.py", "try: pass\nexcept Exception: pass"),
    ("jobs/work.py", "try: pass\nexcept Exception: pass\nnow = clock()"),
    ("intake/fetch.py", "try: pass\nexcept (OSError, ValueError): pass"),
    ("intake/fetch.py", "try: pass\nexcept BaseException:\n    drop()\n    raise"),
    ("intake/fetch.py", "try: pass\nexcept BrokenExceptionGroupError: pass"),
    ("cli/status.py", "print('fine')\nnow = clock()"),
    ("web/findings.py", "now = clock()"),
]


def scan(root: Path, path: str, code: str) -> list[str]:
    """Names of the rules that `code` breaks when it stands in `path` of the package."""
    shutil.copy(ROOT / "sgconfig.yml", root)
    shutil.copytree(ROOT / "lint" / "rules", root / "lint" / "rules")
    module = root / "src" / "pehra" / path
    module.parent.mkdir(parents=True)
    module.write_text(code + "\n")
    run = subprocess.run(
        [AST_GREP, "scan", "--json=compact"], cwd=root, capture_output=True, check=False
    )
    return sorted({match["ruleId"] for match in json.loads(run.stdout)})


@pytest.mark.parametrize(("rule", "path", "code"), CAUGHT)
def test_a_violation_is_caught(tmp_path: Path, rule: str, path: str, code: str) -> None:
    assert scan(tmp_path, path, code) == [rule]


@pytest.mark.parametrize(("path", "code"), ALLOWED)
def test_what_is_allowed_passes(tmp_path: Path, path: str, code: str) -> None:
    assert scan(tmp_path, path, code) == []


def test_every_rule_is_tried() -> None:
    rules = {path.stem for path in (ROOT / "lint" / "rules").glob("*.yml")}
    assert {rule for rule, _, _ in CAUGHT} == rules
