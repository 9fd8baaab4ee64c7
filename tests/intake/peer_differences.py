"""Why our rows differ from what peers make of the same records."""

from __future__ import annotations

EXPLAINED: dict[tuple[str, str, str], str] = {
    ("n6 parsers", "source.*", "ours"): "n6 looks place and network up itself",
    ("n6 parsers", "destination.*", "ours"): "n6 leaves it out",
    ("n6 parsers", "malware.name", "ours"): "n6 leaves it out",
    ("n6 parsers", "malware.name", "differs"): "ours without `C&C`, so that feeds agree",
    ("n6 parsers", "malware.name", "theirs"): "`Malware C&C` is no family; else see `malware.hash`",
    ("n6 parsers", "malware.hash.*", "theirs"): "n6 asks URLhaus's API; its feed has none",
    ("n6 parsers", "n6.name", "theirs"): "n6's own names; ours are Shadowserver's identifiers",
    ("n6 parsers", "time.source", "differs"): "a list without times: ours is the list's date, else "
    "that of its receipt; n6's is that of its test",
    ("n6 parsers", "classification.type", "differs"): "RSIT: an open service is `vulnerable-system`"
    ", as Shadowserver says; n6 calls it an amplifier",
    (
        "n6 parsers",
        "protocol.transport",
        "ours",
    ): "the report type's protocol, where no column says",
    ("n6 parsers", "protocol.transport", "theirs"): "the report has no such column; n6 assumes it",
    ("n6 parsers", "source.fqdn", "theirs"): "`hostname` of the report is the reverse name",
    ("n6 parsers", "destination.url", "theirs"): "content: what somebody visited",
    ("n6 events", "n6.name", "theirs"): "our identifier",
    ("n6 events", "classification.type", "differs"): "categories that this test's table lacks",
    ("n6 events", "destination.url", "theirs"): "content: what somebody visited",
    ("*", "classification.type", "differs"): "words that are not of RSIT, or that of an older one",
    ("IntelMQ parsers", "time.source", "ours"): "a list without times: that of its receipt",
    ("IntelMQ parsers", "source.port", "ours"): "`extra.source.local_port` of IntelMQ",
    ("IntelMQ parsers", "source.ip", "ours"): "the first address of the network",
    ("IntelMQ parsers", "source.fqdn", "ours"): "the name beside the URL",
    ("IntelMQ parsers", "classification.identifier", "differs"): "ours is the event's `name`",
    ("IntelMQ parsers", "malware.name", "differs"): "IntelMQ drops letters outside ASCII",
    ("IntelMQ parsers", "event_description.*", "theirs"): "a sentence of IntelMQ's",
    ("IntelMQ parsers", "feed.documentation", "theirs"): "a sentence of IntelMQ's",
    ("IntelMQ parsers", "destination.port", "theirs"): "`openrelay`: the service is the asset's",
    ("IntelMQ parsers", "screenshot_url", "theirs"): "content: it holds a key of the publisher's",
    ("IntelMQ parsers", "extra.expires", "theirs"): "the column `expires`",
    ("IntelMQ parsers", "extra.confidence", "theirs"): "words are kept in `extra`",
    ("IntelMQ events", "extra.expires", "theirs"): "the column `expires`",
    ("IntelMQ events", "feed.accuracy", "theirs"): "the column `confidence`",
    ("IntelMQ events", "tlp", "theirs"): "the column `tlp`",
    ("IntelMQ events", "destination.url*", "theirs"): "content: what somebody visited",
    ("IntelMQ events", "screenshot_url", "theirs"): "content",
    ("IntelMQ events", "output", "theirs"): "content: the event in another format",
    **{
        (peer, f"extra.{name}", "theirs"): "content, or a long text that nobody described"
        for peer, names in (
            ("IntelMQ parsers", "emails"),
            ("IntelMQ events", "user_agent communication.cookies banner vulns data ftp.features"),
            ("IntelMQ events", "raw ldap.supportedcontrol shodan.data shodan.opts.raw"),
        )
        for name in names.split()
    },
}
"""Peer, field (a trailing `*` stands for any rest), kind -> why."""

COUNTS: dict[tuple[str, str], str] = {
    ("n6 parsers", "abuse-ch.urlhaus-urls 3"): "n6 makes an event of each sample it asks for",
    ("n6 parsers", "dan-tv.tor *"): "n6 leaves IPv6 out",
    ("n6 parsers", "shadowserver.snmp 1"): "a quote that closes nothing: refused",
    ("n6 parsers", "shadowserver.ssdp *"): "a quote that closes nothing: refused",
    ("n6 parsers", "shadowserver.open-resolver 1"): "a row of 13 fields under 14 names: refused",
    ("n6 parsers", "shadowserver.ftp 0"): "n6 leaves out servers that take TLS",
    ("n6 parsers", "shadowserver.*"): "n6 makes a second event of a CVE among the tags",
    ("n6 parsers", "spamhaus.*drop 0"): "a field before the network is not of the format: refused",
    ("IntelMQ parsers", "json.parser 28"): "no time: refused",
    ("IntelMQ parsers", "json.parser 29"): "no time: refused",
    ("IntelMQ parsers", "json.parser 30"): "about no address, network or name: refused",
    ("IntelMQ parsers", "n6.parser_n6stomp *"): "IntelMQ repeats the event without its address",
    ("PyMISP events", "*/def_param.json"): "a row for each name of the object",
    ("PyMISP events", "*/event_obj_attr_tag.json"): "an event without a date: refused",
    ("MISP-STIX", "*stix2*.json"): "mail, accounts and names of files name no asset: refused",
    **{
        ("XARF 1-3", f"negative/{name}*"): why
        for names, why in (
            ("*reporter* */invalid_on_ */invalid_emails", "who reports is not read (R67)"),
            ("*b64 *file_ *sample *infringed *byte_count", "evidence and content are not read"),
            ("*email_as *account", "accounts are persons: not read"),
            ("*destination", "the other end cannot be read: it stays in `extra`"),
            ("*additional *internal", "other fields are kept in `extra`, or not read"),
            ("*exploit", "the CVE cannot be read: it stays in `extra`"),
            ("*first_seen *host_name", "it stays in `extra` as text"),
            ("*openservice *missing_url *type *version", "what is left names asset and time"),
        )
        for name in names.split()
    },
}
"""Peer, record (`*` as in a shell) -> why the rows are not as many as the peer's."""
