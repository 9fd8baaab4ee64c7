"""Settings are a closed list: what is not known refuses to start and names the nearest."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pehra.kernel.errors import UsageError
from pehra.kernel.settings import Database, Home, Settings, Web, home_path, load


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.delenv("PEHRA_DATABASE_URL", raising=False)
    return Home(tmp_path)


def test_a_home_without_a_file_has_the_defaults(home: Home) -> None:
    assert home.exists is False
    assert load(home) == Settings()


def test_what_is_written_holds_and_the_rest_is_default(home: Home) -> None:
    home.settings_file.write_text("[web]\nport = 9000\nhttps = true\n")
    assert load(home) == Settings(web=Web(port=9000, https=True))


def test_every_table_and_key_reads_back(home: Home) -> None:
    lines = []
    for table, values in msgspec.to_builtins(Settings()).items():
        lines += [f"[{table}]"]
        lines += [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in values.items()]
    home.settings_file.write_text("\n".join(lines))
    assert load(home) == Settings()


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("[web]\nprot = 9000", "Did you mean `port`?"),
        ("[webb]\nport = 9000", "Did you mean `web`?"),
        ("[nation]\nxyzzy = 1", "Known here: countries, time_zone, language."),
        ("[web]\nport = 'nine'", "Mend the line or remove it."),
        ("port = = 9", "Mend the line or remove it."),
    ],
)
def test_a_mistake_is_refused_with_the_next_step(home: Home, text: str, mend: str) -> None:
    home.settings_file.write_text(text)
    with pytest.raises(UsageError) as caught:
        load(home)
    assert caught.value.mend == mend
    assert caught.value.message.startswith(f"{home.settings_file}: ")


def test_the_database_alone_comes_from_the_environment(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEHRA_DATABASE_URL", "postgresql://pehra@db.example/pehra")
    home.settings_file.write_text("[web]\nport = 9000\n")
    assert load(home) == Settings(
        web=Web(port=9000), database=Database(url="postgresql://pehra@db.example/pehra")
    )


def test_the_home_is_named_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))
    assert home_path() == Home(tmp_path)
    monkeypatch.delenv("PEHRA_HOME")
    assert home_path() == Home(Path.cwd() / "pehra-home")


def test_everything_lies_inside_the_home(tmp_path: Path) -> None:
    home = Home(tmp_path)
    places = [home.settings_file, home.database, home.lake, home.blobs, home.keys, home.indexes]
    assert [path.parent for path in places] == [tmp_path] * 6
    assert len({path.name for path in places}) == 6


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("sqlite", "sqlite"),
        ("postgresql://pehra:secret@db.example:5433/pehra", "postgresql://db.example/pehra"),
        ("postgresql://db.example/pehra?password=secret", "postgresql://db.example/pehra"),
        ("postgres://pehra@/pehra", "postgres:///pehra"),
    ],
)
def test_of_a_database_only_its_place_is_shown(
    home: Home, monkeypatch: pytest.MonkeyPatch, url: str, place: str
) -> None:
    monkeypatch.setenv("PEHRA_DATABASE_URL", url)
    assert load(home).database.place == place


@pytest.mark.parametrize(
    "url",
    [
        "mysql://pehra:secret@db.example/pehra",
        "sqlite:///secret",
        "postgresql:secret",
        "postgresql://pehra:secret@db.example:many/pehra",
        "postgresql://[secret/pehra",
        "secret",
    ],
)
def test_another_database_is_refused_without_its_password(
    home: Home, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("PEHRA_DATABASE_URL", url)
    with pytest.raises(UsageError) as refused:
        load(home)
    assert str(refused.value) == (
        "`database.url` is no address of a database. Write `sqlite`,"
        " `postgresql://user@host/name` or `postgres://user@host/name`."
    )
