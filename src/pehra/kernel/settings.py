"""The home directory and its `pehra.toml`: a closed list of settings, read once, frozen.

An unknown key refuses to start and names the nearest known one. Environment variables override
secrets only: `PEHRA_DATABASE_URL` (it may carry a password), `PEHRA_SECRET_KEY` and
`PEHRA_OIDC_SECRET`.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from pehra.kernel.errors import EnvironmentFault, UsageError

_SCHEMES = ("postgresql", "postgres")
_DATABASES = "`sqlite`, `postgresql://user@host/name` or `postgres://user@host/name`"
_UNKNOWN = re.compile(r"unknown field `([^`]+)`(?: - at `\$\.?([^`]*)`)?")


class Database(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where rows live."""

    url: str = "sqlite"
    """`sqlite` keeps them in the home; `postgresql://user@host/name` uses PostgreSQL 15+."""

    @property
    def place(self) -> str:
        """Scheme, host and name only: what may be shown, for the rest may hold a password."""
        if self.url == "sqlite":
            return self.url
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"


class Web(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The site."""

    host: str = "127.0.0.1"
    """Address on which it listens."""
    port: int = 8642
    """Port on which it listens."""
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    """Names under which the site may be asked for."""
    https: bool = False
    """True behind a proxy that speaks TLS: cookies become secure."""
    processes: int = 2
    """Processes that answer requests."""
    proxies: int = 0
    """Proxies in front that write `X-Forwarded-For`; sign-ins are counted by that address."""
    second_factor: Literal["staff", "offered"] = "staff"
    """`staff`: who holds an office of a team sets one up first; `offered`: for trials only."""


class Oidc(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A provider of identities by which people may sign in (OpenID Connect)."""

    issuer: str = ""
    """Its `https` address, under which `/.well-known/openid-configuration` lies; empty: none."""
    client: str = ""
    """Our name there; its secret is `keys/oidc.secret`, or `PEHRA_OIDC_SECRET`."""
    name: str = "Single sign-on"
    """What the button of the sign-in page says."""


class Nation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose watch this is."""

    countries: tuple[str, ...] = ("PK",)
    """ISO 3166 codes; unowned addresses there are findings of the national team."""
    time_zone: str = "Asia/Karachi"
    """IANA name of the zone that pages show beside UTC."""
    language: str = "en"
    """Language of pages for those who have not chosen one: `en` or `ur`."""


class Intake(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How files are read."""

    reserve_bytes: int = 512 * 1024**2
    """Bytes that stay free on the disk: nothing is taken in that would leave fewer."""
    part_bytes: int = 32 * 1024 * 1024
    """A file is read, stored and taken in by parts of about this size; bounds memory."""
    largest_file: int = 64 * 1024**3
    """Bytes; a larger file is refused before it is read."""
    largest_unpacked: int = 16 * 1024**3
    """Bytes; a compressed file that turns into more is refused."""


class Fetch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How files are fetched from their publishers, and from mail."""

    largest_file: int = 1024**3
    """Bytes; a larger answer, or a larger message, is refused while it comes."""
    seconds: float = 600.0
    """One file must be here in that time."""
    settle_seconds: float = 30.0
    """A file in a watched folder is taken when it has not changed for so long."""
    offline: bool = False
    """True asks nobody for anything: no fetching, no mail; watched folders are read."""
    loopback: bool = False
    """True also fetches from this machine; for tests only."""


class Dns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is asked for names: TXT records that prove who controls a domain."""

    resolvers: tuple[str, ...] = ()
    """Addresses of resolvers; empty: those of the system."""
    port: int = 53
    """Port of them."""
    seconds: float = 5.0
    """One question must be answered in that time."""


class Registries(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is asked whom a network or a name belongs to (`pehra registry fetch-contacts`)."""

    rdap: str = "https://rdap.apnic.net"
    """RDAP server of the regional registry; it sends on where another one knows. Empty: nobody."""
    peeringdb: str = "https://www.peeringdb.com/api"
    """PeeringDB's API; empty: nobody."""


class Exchange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who we are in files that are shared: MISP, STIX and XARF name their author."""

    name: str = "Pehra"
    """Name of the organisation."""
    contact: str = ""
    """Mail address for questions; XARF asks for one."""
    domain: str = ""
    """Domain of the organisation; empty takes the one of `contact`."""


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long what was received stays, in days since its receipt; a legal hold stops the clock."""

    full_days: int = 90
    """Addresses of victims, in full; after that they are cut to their /24 or /48."""
    network_days: int = 548
    """Observations of victims, cut; 18 months."""
    harmful_days: int = 730
    """Observations of harmful infrastructure (roles `c2` and `blocklist`); 24 months."""
    file_days: int = 30
    """Files as received, and rows that could not be read."""
    letter_days: int = 90
    """What is inside envelopes; that they left, and a digest, stays."""
    backup_days: int = 30
    """Backups in the home's own `backups/`; the newest stays."""


class Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Mail that leaves, by one relay (see `docs/sending.md`); sending itself is switched apart."""

    host: str = ""
    """Name of the relay; empty: no mail leaves."""
    port: int = 587
    """Its port."""
    security: str = "starttls"
    """`starttls` or `tls`, its certificate verified; `plain` only on this machine."""
    login: str = ""
    """Account at the relay; its password is `keys/relay.key`. Empty: none is asked for."""
    sender: str = ""
    """Address that mail comes from."""
    reply: str = ""
    """Address for answers; empty: the sender's."""
    per_hour: int = 5000
    """Messages in an hour, at most; what is urgent goes beyond."""
    lanes: int = 2
    """Messages on their way at the same time."""
    seconds: float = 60.0
    """The relay must answer in that time."""
    largest: int = 10 * 1024**2
    """Bytes; a larger message fails before it is sent."""
    sign: str = "openpgp"
    """How mail is signed that is not encrypted: `openpgp` or `smime`; see `pehra keys mail`."""
    clear_details: bool = True
    """False: who has no key gets a pointer instead of details."""


class Notices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Messages to those who must act."""

    address: str = ""
    """Address under which the site is reached from outside, such as https://cert.example.org;
    links in messages begin with it. Empty takes the one on which the site listens."""
    phone: str = ""
    """Number that a recipient can call to be sure that a message is ours."""
    answer_days: int = 30
    """For so many days the link of a message can be answered."""
    most_lines: int = 2_000
    """Findings that one message lists; the rest are on the recipient's page."""
    control_percent: Annotated[int, msgspec.Meta(ge=0, le=50)] = 0
    """Of a hundred new findings of medium or low severity, so many wait up to seven days before
    their holder is told, drawn by lot, so that what messages do can be measured; never of critical
    infrastructure or the state."""


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Evidence of cases, and who stamps the time on what is handed over."""

    timestamp_url: str = ""
    """Address of a time-stamping service (RFC 3161); empty: packages carry no time stamp."""
    timestamp_roots: str = ""
    """File of the certificates (PEM) under which its stamps are believed."""
    largest_file: int = 1024**4
    """Bytes; a larger file is refused before any of it comes in."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of `pehra.toml`."""

    database: Database = Database()
    web: Web = Web()
    oidc: Oidc = Oidc()
    nation: Nation = Nation()
    intake: Intake = Intake()
    fetch: Fetch = Fetch()
    retention: Retention = Retention()
    exchange: Exchange = Exchange()
    mail: Mail = Mail()
    dns: Dns = Dns()
    registries: Registries = Registries()
    notices: Notices = Notices()
    evidence: Evidence = Evidence()

    @property
    def outside(self) -> str:
        """The site's address as links in messages begin with it, without a slash at its end."""
        scheme = "https" if self.web.https else "http"
        return self.notices.address.rstrip("/") or f"{scheme}://{self.web.host}:{self.web.port}"


class Home(msgspec.Struct, frozen=True):
    """Paths of one home directory."""

    root: Path

    @property
    def settings_file(self) -> Path:
        """`pehra.toml`."""
        return self.root / "pehra.toml"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "pehra.sqlite3"

    @property
    def lake(self) -> Path:
        """Observations."""
        return self.root / "lake"

    @property
    def blobs(self) -> Path:
        """Files as received."""
        return self.root / "blobs"

    @property
    def evidence(self) -> Path:
        """Evidence of cases, sealed in pieces."""
        return self.root / "evidence"

    @property
    def keys(self) -> Path:
        """Secrets, 0600."""
        return self.root / "keys"

    @property
    def indexes(self) -> Path:
        """Compiled and rebuildable: address table, holdings, finding keys."""
        return self.root / "indexes"

    @property
    def incoming(self) -> Path:
        """Files while they are fetched and unpacked; nothing stays there."""
        return self.root / "incoming"

    @property
    def locks(self) -> Path:
        """Files that processes lock while they work on one thing."""
        return self.root / "locks"

    def batch_lock(self, name: str) -> Path:
        """What is locked while somebody works on a batch: 256 files, however many batches."""
        return self.locks / f"batch-{name[:2]}"

    @property
    def exists(self) -> bool:
        """Whether `pehra init` has been here."""
        return self.settings_file.is_file()


def home_path() -> Home:
    """The home named by `$PEHRA_HOME`, else `./pehra-home`."""
    return Home(Path(os.environ.get("PEHRA_HOME", "pehra-home")).absolute())


def _nearest(message: str) -> str:
    found = _UNKNOWN.search(message)
    if not found:
        return "Mend the line or remove it."
    table: Any = Settings
    if found[2]:
        table = type(getattr(Settings(), found[2]))
    near = difflib.get_close_matches(found[1], table.__struct_fields__, n=1, cutoff=0.4)
    known = ", ".join(table.__struct_fields__)
    return f"Did you mean `{near[0]}`?" if near else f"Known here: {known}."


def load(home: Home) -> Settings:
    """Read `pehra.toml`; a home without one has the defaults.

    Raises:
        UsageError: an unknown key, a wrong type, an unknown kind of database, or no TOML.
    """
    try:
        text = home.settings_file.read_text() if home.exists else ""
        settings = msgspec.convert(tomllib.loads(text), Settings)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as error:
        message = f"{home.settings_file}: {error}."
        raise UsageError(message, mend=_nearest(str(error))) from None
    except OSError as error:
        message = f"Cannot read {home.settings_file}: {error.strerror}."
        raise EnvironmentFault(message, mend="Check its owner and mode.") from None
    url = os.environ.get("PEHRA_DATABASE_URL")
    if url:
        settings = msgspec.structs.replace(settings, database=Database(url=url))
    _check_database(settings.database.url)
    return settings


def _check_database(url: str) -> None:
    """Refuse an address that names no database of ours, without repeating it."""
    if url == "sqlite":
        return
    try:
        parts = urlsplit(url)
        known = parts.scheme in _SCHEMES and "://" in url and parts.port != 0
    except ValueError:
        known = False
    if not known:
        message = "`database.url` is no address of a database."
        raise UsageError(message, mend=f"Write {_DATABASES}.")
