"""The WSGI application that granian serves."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from pehra.kernel import log

log.set_up("INFO")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pehra.web.settings")
application = get_wsgi_application()
