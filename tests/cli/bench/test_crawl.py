"""Every kind of page that links lead to is found, once, and every operation that reads."""

from __future__ import annotations

import json
from typing import Any

from pehra.cli.bench.crawl import Found, crawl, is_file, kind_of, links, operations

SITE = {
    "/": '<a href="/rows/?after=9&amp;state=any">x</a> <a href="https://elsewhere.example/">y</a>'
    ' <a href="/static/a.css">z</a> <form action="/rows/1/act/"></form>',
    "/rows/?after=9&state=any": '<a href="?after=8&state=any">more</a> <a href="/rows/1/">one</a>',
    "/rows/1/": '<a href="/rows/2/">next</a>',
}
API = {
    "/api/rows": {"after": None, "rows": [{"id": 7, "name": "a"}]},
    "/api/rows/7": {"id": 7},
    "/api/rows/7/parts": {"parts": []},
    "/api/none": {"rows": []},
}


def asked(address: str) -> tuple[int, str]:
    return (200, SITE[address]) if address in SITE else (405, "")


def route(path: str) -> str | None:
    parts = ["<n>" if part.isdigit() else part for part in path.split("/")]
    return "/".join(parts) if path.startswith(("/rows/", "/")) else None


def test_links_stay_within_the_site() -> None:
    assert list(links(SITE["/"], "/")) == ["/rows/?after=9&state=any", "/rows/1/act/"]
    assert list(links('<a href="?after=1">', "/rows/?after=2")) == ["/rows/?after=1"]


def test_a_kind_leaves_numbers_out() -> None:
    assert kind_of("/rows/7/?b=x&a=12", route) == "/rows/<n>/?a=N&b=x"
    assert kind_of("/rows/7/", lambda _: None) is None


def test_each_kind_is_found_once() -> None:
    assert crawl(["/", "/"], asked, route) == [
        Found("/", "/"),
        Found("/rows/?after=N&state=any", "/rows/?after=9&state=any"),
        Found("/rows/<n>/", "/rows/1/"),
    ]


def test_what_a_path_names_is_read_from_the_list_before_it() -> None:
    paths = ("/api/rows/{id}/parts", "/api/rows", "/api/rows/{id}", "/api/none/{id}")
    described: dict[str, Any] = {
        "paths": {path: {"get": {}} for path in paths} | {"/api/acts": {"post": {}}}
    }

    def ask(address: str) -> tuple[int, str]:
        return (200, json.dumps(API[address])) if address in API else (404, "{}")

    assert operations(described, ask) == [
        Found("/api/rows", "/api/rows"),
        Found("/api/rows/{id}", "/api/rows/7"),
        Found("/api/rows/{id}/parts", "/api/rows/7/parts"),
    ]


def test_a_file_is_no_page() -> None:
    assert [is_file(one) for one in ("/a.pdf?b=c", "/a.csv", "/a/?csv=b")] == [True, True, False]
