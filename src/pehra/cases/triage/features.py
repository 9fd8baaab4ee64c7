"""What the model knows of an address: columns of numbers, made a table at a time.

No scheme, no `www`, and `/` alone counts as no path: how a list was written down says nothing
of the address.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from pehra.cases.triage.imitation import is_listed, names, resembled
from pehra.cases.triage.lettering import consonants, surprise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

c = pl.col

GIVEN_ONLY_TO = (
    r"(^|\.)(gov|edu|mil|ac|gob|gouv|gub|govt|go|gok|gop|gos|gog|gkp|sch|k12|int)(\.[a-z]{2})?$"
)
"""Suffixes whose registry gives names to public bodies only: nobody can come and take one."""

_WORDS = [
    "login",
    "signin",
    "logon",
    "sign-in",
    "log-in",
    "verif",
    "secur",
    "account",
    "update",
    "confirm",
    "webmail",
    "wallet",
    "bank",
    "support",
    "service",
    "customer",
    "client",
    "billing",
    "invoice",
    "payment",
    "auth",
    "passw",
    "recover",
    "unlock",
    "suspend",
    "limited",
    "alert",
    "notice",
    "help",
    "cmd",
    "token",
    "session",
    "redirect",
    "claim",
    "airdrop",
    "bonus",
    "gift",
    "prize",
    "free",
    "reward",
    "mint",
    "connect",
    "restore",
    "validat",
    "portal",
    "admin",
    "online",
    "access",
    "card",
    "pay",
    "tracking",
    "parcel",
    "delivery",
    "refund",
    "inaam",
    "imdad",
]
_LEFT_BEHIND = (
    r"wp-(content|includes|admin)|/cgi|/\.[a-z]|/~|/tmp/|/images/|/js/|/css/|/administrator/"
    r"|/components/|/modules/|/plugins/|/themes/|/uploads/"
)
"""Folders of a site's own software, where nobody writes pages: a sign of a break-in."""

_NEW = ["info", "arpa", "museum", "coop", "aero", "jobs", "mobi", "asia", "travel"]
_KINDS = ("builder", "blog", "cloud", "hosting", "dynamic", "short")


def measured(
    addresses: pl.DataFrame, letters: NDArray[np.uint8], usual: Mapping[str, float]
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Names of the columns, and a row of numbers for each address.

    Args:
        addresses: as `addresses.frame` gives them.
        letters: the table of letters.
        usual: how usual each suffix is among lawful names, as a logarithm; "" for the others.
    """
    table = addresses.with_columns(
        own=pl.when(c("sub") != "").then(c("sub") + "." + c("name")).otherwise(c("name")),
        rest=(c("path") + c("query")).str.to_lowercase(),
        top=c("suffix").str.split(".").list.last(),
    )
    counted = table.select(**_counts())
    columns = {
        **_imitations(table),
        **_letters(table, letters),
        "usual": np.array([usual.get(under, usual[""]) for under in table["under"].to_list()]),
    }
    made = np.column_stack([counted.to_numpy(), *columns.values()]).astype(np.float32)
    return (*counted.columns, *columns), made


def _long(of: str) -> pl.Expr:
    return c(of).str.len_chars()


def _count(of: str, pattern: str) -> pl.Expr:
    return c(of).str.count_matches(pattern)


def _has(of: str, pattern: str) -> pl.Expr:
    return c(of).str.contains(pattern)


@functools.cache
def _counts() -> dict[str, pl.Expr]:
    words = "|".join(sorted(_WORDS))
    brands = names().within.pattern
    two = c("top").str.len_chars() == 2  # noqa: PLR2004 a country's
    found: dict[str, pl.Expr] = {
        "ip": c("suffix") == "",
        "port": c("port") != "",
        "user": c("user"),
        **{kind: c("hosting") == kind for kind in _KINDS},
        "hosted": c("hosting") != "",
        "name_length": _long("name"),
        "sub_length": _long("sub"),
        "own_length": _long("own"),
        "subs": _count("sub", r"\.") + (c("sub") != ""),
        "name_digits": _count("name", r"\d"),
        "sub_digits": _count("sub", r"\d"),
        "name_hyphens": _count("name", "-"),
        "sub_hyphens": _count("sub", "-"),
        "vowels": _count("name", "[aeiouy]") / (_long("name") + 1),
        "mixed": _count("name", r"[a-z]\d+[a-z]"),
        "digit_first": _has("name", r"^\d"),
        "only_digits": _has("name", r"^\d+$"),
        "restricted": _has("suffix", GIVEN_ONLY_TO),
        "suffix_dots": _count("suffix", r"\."),
        "country": two,
        "top_length": _long("top"),
        "other_script": _has("host", "xn--"),
        "old_top": c("top").is_in(["com", "net", "org"]),
        "new_top": (_long("top") > 3) & ~c("top").is_in(_NEW),  # noqa: PLR2004 info, jobs, mobi
        "top_inside": _has("own", r"(^|[.\-])(com|co|net|org|jp|gov|pk|uk|www)([.\-]|$)"),
        "own_words": _count("own", words),
        "path_words": _count("rest", words),
        "path_length": _long("path"),
        "path_depth": _count("path", r"/[^/]"),
        "query_length": _long("query"),
        "query_parts": _count("query", "="),
        "left_behind": _count("rest", _LEFT_BEHIND),
        "php": _has("rest", r"\.php($|\?)"),
        "html": _has("rest", r"\.html?($|\?)"),
        "hex": _has("rest", "[0-9a-f]{16,}"),
        "path_digits": _count("path", r"\d"),
        "path_capitals": _count("path", "[A-Z]"),
        "path_long_words": _count("rest", r"[a-z]{4,}"),
        "at": _has("rest", "@|%40"),
        "percent": _count("rest", "%"),
        "bare": c("rest") == "",
        "path_name": _has("rest", rf"(^|[^a-z])({brands})([^a-z]|$)"),
    }
    return {name: made.cast(pl.Float32) for name, made in found.items()}


_GRADES = {"inside": 1.0, "near": 2.0, "label": 3.0, "spelled": 4.0}


def _imitations(table: pl.DataFrame) -> dict[str, NDArray[np.float64]]:
    """How plainly each host looks like a name of somebody else."""
    owned = np.array(
        [
            is_listed(host, name, under, hosting)
            for host, name, under, hosting in table.select(
                "host", "name", "under", "hosting"
            ).iter_rows()
        ]
    )
    inside = table.select(_has("own", names().within.pattern))["own"].to_numpy()
    found = {}
    for of in ("name", "sub"):
        grade, row = _grades(table[of])
        best = np.zeros(len(table))
        np.maximum.at(best, row, grade)
        found[f"{of}_likeness"] = np.where(owned, 0, best)
    return {
        **found,
        "inside": np.where(owned, 0, inside),
        "owned": owned.astype(np.float64),
    }


def _grades(texts: pl.Series) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The grade of each label of each text, and the text that it is of; each label asked once."""
    labels = (
        pl.DataFrame({"row": pl.int_range(len(texts), eager=True), "label": texts})
        .with_columns(c("label").str.replace_all("[-_]", ".").str.split("."))
        .explode("label")
        .filter(_long("label") > 2)  # noqa: PLR2004 a label of two letters says nothing
    )
    distinct = labels["label"].unique()
    match = [resembled(label) for label in distinct.to_list()]
    grades = [_GRADES[one[0]] if one else 0.0 for one in match]
    known = pl.DataFrame({"label": distinct, "grade": pl.Series(grades, dtype=pl.Float64)})
    joined = labels.join(known, on="label")
    return joined["grade"].to_numpy(), joined["row"].to_numpy()


def _letters(table: pl.DataFrame, letters: NDArray[np.uint8]) -> dict[str, NDArray[np.float64]]:
    found: dict[str, NDArray[np.float64]] = {}
    for of, texts in (("name", table["name"]), ("sub", table["sub"]), ("rest", table["rest"])):
        read = _cut(texts)
        mean, total, greatest = surprise(read, letters)
        some = np.array([bool(text) for text in read])
        found[f"{of}_surprise"] = np.where(some, mean, 0)
        if of != "rest":
            found[f"{of}_greatest"] = np.where(some, greatest, 0)
            found[f"{of}_consonants"] = consonants(read)
        if of == "name":
            found["name_total"] = total
    return found


def _cut(texts: pl.Series) -> Sequence[str]:
    return texts.str.slice(0, 64).to_list()
