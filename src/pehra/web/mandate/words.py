"""What roles, acts and powers are called on pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

ROLE: dict[str, StrPromise] = {
    "NC": _("Officer of the national team"),
    "SUP": _("Supervisor"),
    "DIR": _("Director"),
    "SC": _("Analyst of a sector or province"),
    "ENT": _("Security officer of an organisation"),
    "ENH": _("Head of an organisation"),
    "LEG": _("Legal officer"),
    "ISP": _("Engineer of a network operator"),
    "AUD": _("Auditor"),
    "REG": _("Regulator"),
    "INV": _("Investigator"),
    "EVC": _("Custodian of evidence"),
    "CNL": _("Council"),
    "OBS": _("Observer"),
}

ACT: dict[str, StrPromise] = {
    "report": _("report"),
    "grade-incident": _("grade an incident"),
    "send-notice": _("send notices"),
    "close-as-fixed": _("close as fixed"),
    "security-block": _("block for security"),
    "legal-order": _("legal order to block"),
    "lift-block": _("lift a block"),
    "evidence-out": _("hand evidence out"),
    "evidence-preserve": _("preserve evidence"),
    "evidence-traffic": _("hand traffic data out"),
    "evidence-content": _("hand content out"),
    "evidence-own": _("hand the victim's own data out"),
    "keep-evidence": _("keep evidence"),
    "disclosure": _("disclose"),
    "penalty": _("penalty"),
    "publish-advisories": _("publish advisories"),
    "handle-breaches": _("handle breaches of personal data"),
    "audit-finding": _("audit finding"),
    "share-abroad": _("share abroad"),
    "change-rule": _("change a rule or a clock"),
    "handle-reports": _("handle reports and alarms"),
    "address-look-up": _("look one address up over a week"),
    "manage-offices": _("appoint to offices"),
    "review-break-glass": _("review powers that were taken"),
    "triage-reports": _("decide on reports of people"),
    "work-cases": _("work on cases"),
    "merge-cases": _("reject, merge and split cases"),
    "move-grade": _("move a case's grade"),
    "close-cases": _("close cases of C1 to C3"),
}

DOES: dict[str, StrPromise] = {
    "may": _("may"),
    "propose": _("proposes"),
    "approve": _("approves"),
    "apply": _("carries out"),
    "verify": _("verifies"),
    "check": _("checks the law"),
    "record": _("records"),
    "ask": _("asks for it"),
    "claim": _("claims"),
    "answer": _("answers"),
    "consent": _("consents"),
    "read": _("reads"),
}

CLOCK: dict[str, StrPromise] = {
    "fix": _("fix a finding"),
    "early-warning": _("early warning of an incident"),
    "notification": _("notification of an incident"),
    "final": _("final report of an incident"),
    "breach-authority": _("tell the authority of a breach"),
    "breach-subjects": _("tell the people concerned of a breach"),
    "breach-processor": _("tell whose data it is of a breach"),
    "advisory-flash": _("first advisory on what is critical"),
    "advisory-publish": _("whole advisory"),
    "advisory-ack": _("acknowledge an advisory"),
    "dispute-answer": _("answer a dispute"),
    "notice-answer": _("wait for an answer to a notice"),
    "notice-ciso": _("wait after the security officer was told"),
    "notice-team": _("wait after the lead team took over"),
    "notice-regulator": _("wait after the regulator was told"),
    "notice-council": _("wait after the council was told"),
    "break-glass": _("longest that a power is taken"),
    "break-glass-review": _("review of a power that was taken"),
    "report-triage": _("a person looks at a report of people"),
    "case-triage": _("a person looks at a case"),
    "case-call": _("the owner is called"),
    "case-grade": _("the director confirms C1 or C2"),
    "case-situation": _("situation report of a case"),
    "case-review": _("review after a case"),
    "evidence-paper": _("paper of an urgent request for evidence"),
    "evidence-retention": _("keep evidence after its case"),
}

VERDICT: dict[str, tuple[str, StrPromise]] = {
    "": ("work", _("Waits for review")),
    "confirmed": ("done", _("Confirmed")),
    "objected": ("bad", _("Objected")),
}
