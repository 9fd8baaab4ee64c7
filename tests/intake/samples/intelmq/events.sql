--
-- PostgreSQL database dump
--

\restrict abc

SET client_encoding = 'UTF8';

COPY public.feeds (id, name) FROM stdin;
1	COPY public.events ("time.source", x) FROM stdin;
\.


COPY public.events_2026_11 (id, "classification.identifier", "classification.type", "event_description.text", extra, "feed.name", "source.ip", "source.port", "source.tor_node", "time.observation", "time.source") FROM stdin;
1	Mirai	infected-system	A line\nand a\ttab, a \\n	{"count": 3, "note": "a \\"quote\\""}	Example	203.0.113.10	\N	f	2026-11-20 02:00:00+00	2026-11-20 01:02:03+00
2	open-telnet	vulnerable-system	\N	\N	Example	198.51.100.7	23	\N	2026-11-20 02:00:00+00	2026-11-20 01:02:04.5+05
3	open-telnet	vulnerable-system	\N
4	open-telnet	vulnerable-system	\N	\N	Example	198.51.100.8	many	\N	2026-11-20 02:00:00+00	2026-11-20 01:02:05+00
\.


COPY public.events_2026_12 ("time.source", "source.ip", "classification.type", "classification.identifier") FROM stdin;
2026-11-20 01:02:06+00	2001:db8::1	vulnerable-system	open-telnet
\.


SELECT pg_catalog.setval('public.events_id_seq', 4, true);
