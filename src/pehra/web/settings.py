"""Django's settings, made from the home's `pehra.toml`. Nothing here is for operators to edit."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from pehra.kernel import settings as kernel_settings
from pehra.web import assets, catalogue

HOME = kernel_settings.home_path()
PEHRA = kernel_settings.load(HOME)
_HERE = Path(__file__).parent


def _secret() -> str:
    given = os.environ.get("PEHRA_SECRET_KEY")
    path = HOME.keys / "django.key"
    if given or not path.is_file():
        # Without a home nothing is signed that outlives the process.
        return given or os.urandom(32).hex()
    return path.read_text().strip()


def _oidc() -> list[dict[str, object]]:
    """The one provider of identities that the operator named, as allauth wants it; or none."""
    named, path = PEHRA.oidc, HOME.keys / "oidc.secret"
    if not (named.issuer and named.client):
        return []
    secret = os.environ.get("PEHRA_OIDC_SECRET") or (
        path.read_text().strip() if path.is_file() else ""
    )
    app: dict[str, object] = {
        "provider_id": "oidc",
        "name": named.name,
        "client_id": named.client,
        "secret": secret,
        "settings": {"server_url": named.issuer.rstrip("/")},
    }
    return [app]


def _authority(address: str) -> list[str]:
    """Scheme, host and port of an address, in a list; none of an empty one."""
    parts = urlsplit(address)
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []


def _database(url: str) -> dict[str, object]:
    if url == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": HOME.database,
            "OPTIONS": {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                    "PRAGMA cache_size=-131072; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY;"
                    # Ingest moves the log to the file between transactions; this is the backstop.
                    "PRAGMA wal_autocheckpoint=65536;"
                ),
            },
        }
    parts = urlsplit(url)
    return {
        "ENGINE": "pehra.web.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": parts.port or "",
        "OPTIONS": dict(parse_qsl(parts.query)),
        "CONN_MAX_AGE": 300,
    }


SECRET_KEY = _secret()
DEBUG = False
ALLOWED_HOSTS = list(PEHRA.web.hosts)
DATABASES = {"default": _database(PEHRA.database.url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "mandate.User"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "ninja",
    "pehra.ledger.apps.LedgerConfig",
    "pehra.jobs.apps.JobsConfig",
    "pehra.mandate.apps.MandateConfig",
    "pehra.registry.apps.RegistryConfig",
    "pehra.dispatch.apps.DispatchConfig",
    "pehra.intake.apps.IntakeConfig",
    "pehra.findings.apps.FindingsConfig",
    "pehra.notices.apps.NoticesConfig",
    "pehra.cases.apps.CasesConfig",
    "pehra.outreach.apps.OutreachConfig",
]

MIDDLEWARE = [
    "pehra.web.journal.Journal",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "pehra.web.errors.Measured",  # before anything reads a body, as the next one does
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "pehra.web.errors.Doorkeeper",
]

ROOT_URLCONF = "pehra.web.urls"
WSGI_APPLICATION = "pehra.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "pehra.web.shell.shell",
            ],
        },
    },
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF, *_authority(PEHRA.oidc.issuer)],  # the redirect of its sign-in
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PEHRA.web.https
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PEHRA.web.https else 0
# Behind a proxy that speaks TLS, forms come from the outer address.
CSRF_TRUSTED_ORIGINS = [f"https://{name}" for name in PEHRA.web.hosts if PEHRA.web.https]
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "pehra.web.errors.csrf_failure"

AUTHENTICATION_BACKENDS = ["pehra.web.accounts.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if PEHRA.web.https else "http"
ACCOUNT_ADAPTER = "pehra.web.accounts.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"add_webauthn": "pehra.web.passkeys.PasskeyForm"}
MFA_TOTP_ISSUER = "Pehra"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an officer opens accounts and knows whose they are
MFA_ADAPTER = "pehra.web.accounts.MfaAdapter"
SECOND_FACTOR = PEHRA.web.second_factor
SOCIALACCOUNT_ADAPTER = "pehra.web.oidc.Adapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": _oidc(), "OAUTH_PKCE_ENABLED": True}}
SOCIALACCOUNT_STORE_TOKENS = False
SESSION_COOKIE_AGE = 12 * 3600  # one shift
ACCOUNT_SESSION_REMEMBER = True  # no tick box: everybody's session ends with the shift
ALLAUTH_TRUSTED_PROXY_COUNT = PEHRA.web.proxies
# Counts failed sign-ins: all processes of this machine must share it.
CACHES = {
    "default": {
        "BACKEND": "pehra.web.counters.Counters",
        "LOCATION": HOME.indexes / "cache",
        # An address may fail ten times a minute, so nobody makes so many entries while they count.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"

LANGUAGE_CODE = PEHRA.nation.language
LANGUAGES = [("en", _("English")), ("ur", _("Urdu"))]
LOCALE_PATHS = [catalogue.compiled(HOME)]
FORMAT_MODULE_PATH = ["pehra.web.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = assets.directories(_HERE)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "pehra.web.assets.VersionedStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 365 * 24 * 3600  # addresses carry a digest of the file
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MIMETYPES = {".ttf": "font/ttf"}
MESSAGE_TAGS = {10: "", 20: "", 25: "note--good", 30: "note--warn", 40: "note--bad"}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
LOGGING_CONFIG = None  # the door that starts the process sets logs up (`pehra.kernel.log`)
REPORTS = "pehra.web.reports.files.written"  # for the command line, which knows no page
