"""Addresses of the site."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path

from pehra.web import accounts, metrics, preferences, search
from pehra.web.advisories import desk as advisory_desk
from pehra.web.advisories import public as advisories
from pehra.web.api import site
from pehra.web.breaches import acts as breach_acts
from pehra.web.breaches import leaked as leaked_passwords
from pehra.web.breaches import views as breaches
from pehra.web.caseexercises import calls
from pehra.web.caseexercises import views as caseexercises
from pehra.web.caserules import views as caserules
from pehra.web.cases import acts as case_acts
from pehra.web.cases import page as case_page
from pehra.web.cases import views as cases
from pehra.web.desk import views as desk
from pehra.web.evidence import adding, handing
from pehra.web.evidence import counts as evidence_counts
from pehra.web.evidence import views as evidence
from pehra.web.findings import bulk, saved
from pehra.web.findings import rechecks as finding_rechecks
from pehra.web.findings import views as findings
from pehra.web.homes import role
from pehra.web.intake import sources
from pehra.web.intake import views as intake
from pehra.web.jobs import views as jobs
from pehra.web.joining import desk as applications
from pehra.web.joining import views as joining
from pehra.web.ledger import views as ledger
from pehra.web.lists import views as lists
from pehra.web.mandate import keys as apikeys
from pehra.web.mandate import offices, rules
from pehra.web.mandate import public as responsible
from pehra.web.mandate import views as mandate
from pehra.web.notices import answer as answering
from pehra.web.notices import effect, exercises, tasks
from pehra.web.notices import views as notices
from pehra.web.playbooks import views as playbooks
from pehra.web.public import check as check_page
from pehra.web.public import front
from pehra.web.registry import organisation
from pehra.web.registry import views as registry
from pehra.web.reported import desk as reports_in
from pehra.web.reported import public as reporting
from pehra.web.reports import behind
from pehra.web.reports import views as reports
from pehra.web.roster import handover
from pehra.web.roster import views as roster
from pehra.web.sending import check
from pehra.web.sending import views as sending
from pehra.web.workspace import assets, begin, contacts, home, links, rechecks

urlpatterns: list[URLPattern | URLResolver] = [
    path("", front.start, name="start"),
    path("public/", front.front, name="public"),
    path("desk/", role.home, name="role-home"),
    path("check/", check_page.check, name="check"),
    path("today.pdf", desk.printed, name="today-pdf"),
    path("find/", search.find, name="find"),
    path("findings/", findings.findings, name="findings"),
    path("findings/export.csv", findings.export, name="findings-csv"),
    path("findings/export.pdf", findings.printed, name="findings-pdf"),
    path("findings/act/", bulk.ask, name="bulk"),
    path("findings/act/<int:number>/", bulk.show, name="bulk-act"),
    path("findings/act/<int:number>/go-on/", bulk.go_on, name="bulk-go-on"),
    path("findings/act/<int:number>/undo/", bulk.undo, name="bulk-undo"),
    path("findings/views/", saved.save, name="view-save"),
    path("findings/views/<int:number>/remove/", saved.remove, name="view-remove"),
    path("findings/<int:number>/", findings.finding, name="finding"),
    path("findings/<int:number>/recheck/", finding_rechecks.recheck, name="finding-recheck"),
    path("cases/", cases.listing, name="cases"),
    path("cases/open/", cases.begin, name="case-open"),
    path("cases/<int:number>/", case_page.case, name="case"),
    path("cases/<int:number>/act/", case_acts.act, name="case-act"),
    path("notices/", notices.notices, name="notices"),
    path("notices/effect/", effect.effect, name="effect"),
    path("notices/exercises/", exercises.exercises, name="exercises"),
    path("notices/exercises/begin/", exercises.begin, name="exercise-begin"),
    path("notices/<int:number>/", notices.notice, name="notice"),
    path("notices/rounds/<int:number>/", notices.round_, name="round"),
    path("notices/calls/<int:number>/", tasks.call, name="notice-call"),
    path("notices/steps/<int:number>/", tasks.step, name="notice-step"),
    path("notices/replies/<int:number>/", tasks.reply, name="notice-reply"),
    path("notices/rounds/<int:number>/decide/", notices.decide, name="round-decide"),
    path("advisories/", advisories.listing, name="advisories"),
    path("advisories/rss.xml", advisories.rss, name="advisories-rss"),
    path("advisories/atom.xml", advisories.atom, name="advisories-atom"),
    path("advisories/subscribe/", advisories.subscribe, name="advisories-subscribe"),
    path("advisories/csaf/<slug:name>.json", advisories.document, name="advisory-csaf"),
    path("advisories/confirm/<str:token>/", advisories.confirm, name="advisory-confirm"),
    path("advisories/leave/<str:token>/", advisories.leave, name="advisory-leave"),
    path("advisories/received/<str:token>/", advisories.received, name="advisory-received"),
    path("advisories/<slug:number>/", advisories.advisory, name="advisory"),
    path(
        "advisories/<slug:number>/editions/<int:edition>/",
        advisories.edition,
        name="advisory-edition",
    ),
    path("outreach/advisories/", advisory_desk.listing, name="advisory-desk"),
    path("outreach/advisories/new/", advisory_desk.write, name="advisory-new"),
    path("outreach/advisories/<int:number>/", advisory_desk.work, name="advisory-work"),
    path("outreach/advisories/<int:number>/write/", advisory_desk.write, name="advisory-write"),
    path("outreach/advisories/<int:number>/act/", advisory_desk.act, name="advisory-act"),
    path("breaches/", breaches.listing, name="breaches"),
    path("breaches/register.csv", breaches.register, name="breaches-csv"),
    path("breaches/new/", breaches.new, name="breach-new"),
    path("breaches/<int:number>/", breaches.show, name="breach"),
    path("breaches/<int:number>/act/", breach_acts.act, name="breach-act"),
    path("leaked/", leaked_passwords.page, name="leaked"),
    path("leaked/range/<slug:kind>/<str:prefix>", leaked_passwords.suffixes, name="leaked-range"),
    path("who/", responsible.who, name="who"),
    path("advice/", responsible.advice, name="advice"),
    path("sending/", sending.sending, name="sending"),
    path("sending/switch/", sending.switch, name="sending-switch"),
    path("sending/<int:number>/", sending.envelope, name="envelope"),
    path("sending/<int:number>/resolve/", sending.resolve, name="envelope-resolve"),
    path("playbooks/", playbooks.listing, name="playbooks"),
    path("playbooks/import/", playbooks.bring_in, name="playbook-import"),
    path("playbooks/<slug:which>/", playbooks.playbook, name="playbook"),
    path("playbooks/<slug:which>/file/", playbooks.download, name="playbook-file"),
    path("cases/rules/", caserules.preview, name="case-rules"),
    path("cases/<int:number>/playbooks/", playbooks.of_case, name="case-playbooks"),
    path("cases/<int:number>/playbooks/begin/", playbooks.begin, name="case-playbook-begin"),
    path("cases/<int:number>/playbooks/<int:run>/", playbooks.mark, name="case-playbook-mark"),
    path("exercises/", caseexercises.index, name="case-exercises"),
    path("exercises/begin/", caseexercises.begin, name="case-exercise-begin"),
    path("exercises/<int:number>/", caseexercises.exercise, name="case-exercise"),
    path("exercises/<int:number>/act/", caseexercises.act, name="case-exercise-act"),
    path("exercises/call-tree/", calls.ask, name="call-tree"),
    path("exercises/called/<int:number>/", calls.answered, name="called"),
    path("exercises/learned/<int:number>/", calls.learned, name="learned"),
    path("roster/", roster.roster, name="roster"),
    path("roster/<int:number>/swap/", roster.swap, name="shift-swap"),
    path("roster/handover/", handover.handover, name="handover"),
    path("roster/handover/give/", handover.give, name="handover-give"),
    path("roster/handover/<int:number>/take/", handover.take, name="handover-take"),
    path("report/", reporting.report, name="report-something"),
    path("track/", reporting.track, name="track"),
    path("track/<str:number>/", reporting.fate, name="track-number"),
    path("reports-in/", reports_in.listing, name="reports-in"),
    path("reports-in/call/", reports_in.call, name="report-call"),
    path("reports-in/<int:number>/", reports_in.cluster, name="report-cluster"),
    path("reports-in/<int:number>/decide/", reports_in.act, name="report-decide"),
    path("reports-in/<int:number>/tell/", reports_in.say, name="report-tell"),
    path("reports-in/reports/<int:number>/out/", reports_in.out, name="report-out"),
    path("reports-in/reports/<int:number>/contact/", reports_in.contact, name="report-contact"),
    path("reports/", reports.index, name="reports"),
    path("reports/meaning/", behind.meaning, name="report-meaning"),
    path("reports/<slug:every>/<slug:day>/", reports.report, name="report"),
    path(
        "reports/<slug:every>/<slug:day>/rows/<slug:figure>/", behind.of_period, name="report-rows"
    ),
    path(
        "reports/monthly/<slug:day>/sector/<slug:slug>/rows/<slug:figure>/",
        behind.of_sector,
        name="report-sector-rows",
    ),
    path(
        "reports/monthly/<slug:day>/<slug:slug>/rows/<slug:figure>/",
        behind.of_holder,
        name="report-holder-rows",
    ),
    path("reports/monthly/<slug:day>/sector/<slug:slug>/", reports.sector, name="report-sector"),
    path("reports/monthly/<slug:day>/team/<slug:slug>/", reports.team, name="report-team"),
    path(
        "reports/monthly/<slug:day>/team/<slug:slug>/rows/<slug:figure>/",
        behind.of_team,
        name="report-team-rows",
    ),
    path("reports/monthly/<slug:day>/<slug:slug>/", reports.organisation, name="report-holder"),
    path("answer/<str:token>/", answering.answer, name="answer"),
    path("evidence/", evidence.room, name="evidence"),
    path("evidence/add/", adding.add, name="evidence-add"),
    path("evidence/ask/", handing.ask, name="evidence-ask"),
    path("evidence/counts/", evidence_counts.counts, name="evidence-counts"),
    path("evidence/<int:number>/", evidence.item, name="evidence-item"),
    path("evidence/<int:number>/open/", evidence.open_item, name="evidence-open"),
    path("evidence/<int:number>/verify/", evidence.verify, name="evidence-verify"),
    path("evidence/<int:number>/note/", evidence.note, name="evidence-note"),
    path("evidence/<int:number>/hold/", evidence.hold, name="evidence-hold"),
    path(
        "evidence/<int:number>/hold/<int:hold>/release/", evidence.release, name="evidence-release"
    ),
    path("evidence/requests/<int:number>/", handing.request_, name="evidence-request"),
    path("evidence/requests/<int:number>/step/", handing.step, name="evidence-step"),
    path("evidence/requests/<int:number>/paper/", handing.paper, name="evidence-paper"),
    path("batches/", intake.batches, name="batches"),
    path("batches/<slug:name>/", intake.batch, name="batch"),
    path("batches/<slug:name>/replay/", intake.replay, name="replay"),
    path("batches/<slug:name>/rejects.csv", intake.rejects_csv, name="rejects-csv"),
    path("sources/", sources.sources, name="sources"),
    path("sources/<slug:slug>/", sources.source, name="source"),
    path("alarms/<int:number>/acknowledge/", sources.acknowledge_alarm, name="alarm-acknowledge"),
    path("alarms/<int:number>/accept/", sources.accept_alarm, name="alarm-accept"),
    path("unattributed/", registry.unattributed, name="unattributed"),
    path("registry/", registry.organisations, name="organisations"),
    path("registry/work/", registry.work, name="work"),
    path("registry/<slug:slug>/", organisation.organisation, name="organisation"),
    path("workspace/", home.own, name="workspace-own"),
    path("workspace/<slug:slug>/", home.home, name="workspace"),
    path("workspace/<slug:slug>/fix/<int:number>/", home.fix, name="workspace-fix"),
    path("workspace/<slug:slug>/begin/", begin.begin, name="workspace-begin"),
    path("workspace/<slug:slug>/people/", home.people, name="workspace-people"),
    path("workspace/<slug:slug>/assets/", assets.assets, name="workspace-assets"),
    path("workspace/<slug:slug>/assets/warn/", assets.warn, name="workspace-warn"),
    path("workspace/<slug:slug>/assets/letter/", assets.letter, name="workspace-letter"),
    path("workspace/<slug:slug>/assets/<int:number>/", assets.proof, name="workspace-proof"),
    path("workspace/<slug:slug>/assets/<int:number>/check/", assets.check, name="proof-check"),
    path("workspace/<slug:slug>/assets/<int:number>/end/", assets.withdraw, name="proof-end"),
    path("workspace/<slug:slug>/rechecks/", rechecks.rechecks, name="workspace-rechecks"),
    path("workspace/<slug:slug>/contacts/", contacts.contacts, name="workspace-contacts"),
    path(
        "workspace/<slug:slug>/contacts/<int:number>/", contacts.contact, name="workspace-contact"
    ),
    path(
        "workspace/<slug:slug>/contacts/<int:number>/verify/", contacts.verify, name="contact-ask"
    ),
    path("workspace/<slug:slug>/contacts/<int:number>/end/", contacts.remove, name="contact-end"),
    path("workspace/<slug:slug>/contacts/<int:number>/keys/", contacts.key, name="contact-key"),
    path(
        "workspace/<slug:slug>/contacts/<int:number>/keys/<int:key>/",
        contacts.key_act,
        name="contact-key-act",
    ),
    path("verify/contact/<str:token>/", links.contact, name="verify-contact"),
    path("verify/control/<str:token>/", links.control, name="verify-control"),
    path("structure/", mandate.structure, name="structure"),
    path("api/v1/", site.api.urls),
    path("structure/rules/", rules.rules, name="rules"),
    path("join/", joining.ask, name="join"),
    path("join/asked/", joining.asked, name="join-asked"),
    path("join/<str:token>/", joining.join, name="invitation"),
    path("applications/", applications.listing, name="applications"),
    path("applications/<int:number>/decide/", applications.decide, name="application-decide"),
    path("offices/", offices.listing, name="offices"),
    path("offices/appoint/", offices.appoint, name="office-appoint"),
    path("offices/end/", offices.end, name="office-end"),
    path("offices/glass/", offices.take, name="glass-take"),
    path("offices/glass/<int:number>/", offices.review, name="glass-review"),
    path("sending/check/", check.check, name="settings-check"),
    path("me/office/", preferences.office, name="office"),
    path("keys/", apikeys.keys, name="api-keys"),
    path("keys/give/", apikeys.give, name="api-key-give"),
    path("keys/<slug:name>/revoke/", apikeys.revoke, name="api-key-revoke"),
    path("ledger/", ledger.entries, name="ledger"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("metrics", metrics.metrics, name="metrics"),
    re_path(r"^lists/(?P<name>[a-z]+)\.(?P<form>csv|jsonl)$", lists.download, name="list"),
    path("me/theme/", preferences.theme, name="theme"),
    path("me/keys/", preferences.keys, name="keys"),
    path("me/language/", preferences.language, name="language"),
    # What allauth offers and this site does not: no sign-up, no mail that resets a password.
    re_path(r"^accounts/(?:signup|email|confirm-email|password/set)/", accounts.closed),
    re_path(r"^accounts/(?:password/reset|login/code)/", accounts.closed),
    re_path(r"^accounts/3rdparty/(?:signup/)?$", accounts.closed),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/3rdparty/", include("allauth.socialaccount.urls")),
    path("accounts/", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
]

handler400 = "pehra.web.errors.bad_request"
handler403 = "pehra.web.errors.forbidden"
handler404 = "pehra.web.errors.not_found"
handler500 = "pehra.web.errors.broken"
