"""Pages of playbooks: what there is, one, and how it is followed in a case."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from pehra.cases.actions.opened import Opening, open_case
from pehra.cases.playbooks import shipped
from pehra.cases.playbooks.outline import outline
from pehra.cases.playbooks.queries import brought_in, runs
from pehra.kernel.actors import Actor
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from django.test import Client
    from tests.web.conftest import Nation

pytestmark = pytest.mark.either

KEYS = {one.number: one.key for one in outline(shipped.shipped()["ransomware"])}


@pytest.fixture
def case(nation: Nation) -> int:
    opening = Opening(title="Encrypted", kind="ransomware", affected=(nation.bank.pk,))
    return open_case(opening, actor=Actor("a", "b"), at=nation.now)


def test_the_list_and_one_as_picture_list_and_file(officer: Client, contact: Client) -> None:
    assert [row[0][1].text for row in officer.get("/playbooks/").context["table"].rows][:2] == [
        "Ransomware",
        "Phishing",
    ]
    page = officer.get("/playbooks/ransomware/")
    assert [one.number for one in page.context["lines"]] == list(KEYS)
    assert page.context["lines"][2].name == "At the same time"
    text = page.content.decode()
    assert len(re.findall("<rect", text)) == len(KEYS)
    assert "within 15 minutes" in text
    file = officer.get("/playbooks/ransomware/file/")
    assert file.content == shipped.content("ransomware")
    assert officer.get("/playbooks/nothing/").status_code == 404
    assert contact.get("/playbooks/").status_code == 403


def test_a_page_in_urdu_says_every_step_in_urdu(officer: Client) -> None:
    officer.cookies["django_language"] = "ur"
    page = officer.get("/playbooks/c2/").context
    assert page["name"] == "کمانڈ اینڈ کنٹرول"
    assert all(re.search("[\u0600-\u06ff]", one.name) for one in page["lines"])


def test_brought_in_from_a_file(officer: Client) -> None:
    changed = msgspec.json.decode(shipped.content("c2"))
    changed["modified"] = "2027-01-01T00:00:00.000Z"
    file = SimpleUploadedFile("c2.json", msgspec.json.encode(changed))
    answer = officer.post("/playbooks/import/", {"file": file})
    (known,) = brought_in()
    assert answer["Location"] == f"/playbooks/{known.id}/"
    bad = SimpleUploadedFile("bad.json", b"{}")
    refused = officer.post("/playbooks/import/", {"file": bad}, follow=True)
    assert "Object missing required field" in refused.content.decode()


def test_followed_in_a_case_by_those_who_work_on_it(
    officer: Client, contact: Client, case: int
) -> None:
    page = f"/cases/{case}/playbooks/"
    assert officer.get(page).context["choices"][0] == ("ransomware", "Ransomware", True)
    officer.post(f"{page}begin/", {"which": "ransomware"})
    (run,) = runs(case, viewer=SYSTEM_VIEWER)
    mark = f"{page}{run.id}/"
    done = officer.post(mark, {"step": KEYS["1"], "state": "done"})
    assert done["Location"] == f"{page}#r{run.id}-{KEYS['1']}"
    officer.post(mark, {"step": KEYS["2"], "state": "skipped", "why": "told by them"})
    officer.post(mark, {"step": KEYS["3a1"], "state": "skipped"})
    officer.post(mark, {"step": KEYS["7"], "state": "done", "answer": "false"})
    shown = officer.get(page).context["runs"][0]
    assert (shown["settled"], shown["total"]) == ("3", "14")
    lines = {one.number: one for one in shown["lines"]}
    assert (lines["2"].stands.word, lines["2"].mark.why) == ("skipped", "told by them")
    assert (lines["7"].mark.answer, lines["7a1"].stands.word) == ("No", "not needed")
    assert contact.get(page).status_code == 404
    assert contact.post(mark, {"step": KEYS["1"], "state": "done"}).status_code == 404
    assert officer.post(f"/cases/99/playbooks/{run.id}/", {}).status_code == 404
