"""Objects of CACAO Security Playbooks 2.0 (OASIS) as far as they are shown and followed. Pure.

https://docs.oasis-open.org/cacao/security-playbooks/v2.0/security-playbooks-v2.0.html

Only manual commands are taken: a playbook is read by people, and nothing of it is ever executed.
What the specification lacks (Urdu, clocks, what evidence to keep) is in an extension of ours.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import Any

import msgspec

EXTENSION = "extension-definition--6c3f3b0e-7d0f-4f5b-9a3c-5f1f6a0d2b11"
"""Of ours: its properties are the fields of `Guide`, `Title` and `Party`."""
MOST_COMMANDS = 12


class Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An object whose properties are all known."""


class Keep(Shape, frozen=True, kw_only=True):
    """What evidence to keep, and where it stands in the order of volatility of RFC 3227 (1 to 7).

    1 registers and cache; 2 routes, ARP, processes, memory; 3 temporary files; 4 disk; 5 remote
    logs; 6 configuration and topology; 7 archives.
    """

    what: str
    what_ur: str = ""
    volatility: int


class Guide(Shape, frozen=True, kw_only=True):
    """Our extension of a step.

    Attributes:
        within_minutes: by when, counted from when somebody became aware; null: no clock.
        clock_words: what kind of deadline that is: a slug of a clock, empty: our own counsel.
        evidence: what to keep, the most fleeting first.
        case_words: of a switch and a condition: words for each branch, in English and in Urdu.
    """

    name_ur: str = ""
    description_ur: str = ""
    within_minutes: int | None = None
    clock_words: str = ""
    evidence: tuple[Keep, ...] = ()
    case_words: dict[str, tuple[str, str]] = {}


class Title(Shape, frozen=True, kw_only=True):
    """Our extension of a playbook; `kind` is the kind of case it is for."""

    kind: str = ""
    name_ur: str = ""
    description_ur: str = ""


class Party(Shape, frozen=True, kw_only=True):
    """Our extension of an agent."""

    name_ur: str = ""


class Command(Shape, frozen=True, kw_only=True):
    """What an agent is told to do."""

    type: str
    command: str = ""
    command_b64: str = ""
    description: str = ""
    version: str = ""
    playbook_activity: str = ""
    external_references: tuple[dict[str, Any], ...] = ()


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts; properties of kinds that nobody here calls are passed over."""

    type: str
    name: str
    description: str = ""
    agent_target_extensions: dict[str, dict[str, Any]] = {}


class Step(Shape, frozen=True, kw_only=True):
    """What all steps have."""

    type: str
    name: str = ""
    description: str = ""
    external_references: tuple[dict[str, Any], ...] = ()
    delay: int | None = None
    timeout: int | None = None
    step_variables: dict[str, dict[str, Any]] = {}
    owner: str = ""
    on_completion: str = ""
    on_success: str = ""
    on_failure: str = ""
    step_extensions: dict[str, dict[str, Any]] = {}


class Start(Step, frozen=True, kw_only=True):
    """Where a playbook begins."""


class End(Step, frozen=True, kw_only=True):
    """Where a playbook or a branch ends."""


class Action(Step, frozen=True, kw_only=True):
    """What one agent does."""

    commands: tuple[Command, ...]
    agent: str
    targets: tuple[str, ...] = ()
    in_args: tuple[str, ...] = ()
    out_args: tuple[str, ...] = ()


class Parallel(Step, frozen=True, kw_only=True):
    """Branches that go at the same time."""

    next_steps: tuple[str, ...]


class IfCondition(Step, frozen=True, kw_only=True):
    """A question with one branch for yes, and perhaps one for no."""

    condition: str
    on_true: str
    on_false: str = ""


class SwitchCondition(Step, frozen=True, kw_only=True):
    """A question with a branch for each answer."""

    switch: str
    cases: dict[str, str]


SHAPES: dict[str, type[Step]] = {
    "start": Start,
    "end": End,
    "action": Action,
    "parallel": Parallel,
    "if-condition": IfCondition,
    "switch-condition": SwitchCondition,
}


class Definition(Shape, frozen=True, kw_only=True):
    """An extension that the playbook uses."""

    type: str
    name: str
    created_by: str
    schema: str
    version: str
    description: str = ""
    external_references: tuple[dict[str, Any], ...] = ()


class Metadata(Shape, frozen=True, kw_only=True):
    """A playbook without its steps: properties in the order of the specification."""

    type: str
    spec_version: str
    id: str
    name: str
    created_by: str
    created: datetime
    modified: datetime
    workflow_start: str
    workflow: dict[str, Any]
    description: str = ""
    playbook_types: tuple[str, ...] = ()
    playbook_activities: tuple[str, ...] = ()
    playbook_processing_summary: dict[str, Any] = {}
    revoked: bool = False
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    derived_from: tuple[str, ...] = ()
    related_to: tuple[str, ...] = ()
    priority: int | None = None
    severity: int | None = None
    impact: int | None = None
    industry_sectors: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    external_references: tuple[dict[str, Any], ...] = ()
    markings: tuple[str, ...] = ()
    playbook_variables: dict[str, dict[str, Any]] = {}
    workflow_exception: str = ""
    playbook_extensions: dict[str, dict[str, Any]] = {}
    authentication_info_definitions: dict[str, dict[str, Any]] = {}
    agent_definitions: dict[str, Any] = {}
    target_definitions: dict[str, Any] = {}
    extension_definitions: dict[str, Any] = {}
    data_marking_definitions: dict[str, dict[str, Any]] = {}
    signatures: tuple[dict[str, Any], ...] = ()


class Playbook(msgspec.Struct, frozen=True, kw_only=True):
    """A playbook that keeps the specification; made by `reading.read` alone."""

    id: str
    name: str
    description: str
    created: datetime
    modified: datetime
    title: Title
    start: str
    steps: dict[str, Step]
    guides: dict[str, Guide]
    agents: dict[str, Agent]
    parties: dict[str, Party]
    types: tuple[str, ...]

    @property
    def version(self) -> str:
        """Which version of the playbook: the moment of its last change."""
        return f"{self.modified:%Y-%m-%dT%H:%M:%S}.{self.modified.microsecond // 1000:03d}Z"


def successors(step: Step) -> list[tuple[str, str]]:
    """Steps that a step begins, each with the branch's key; `next` is what follows it."""
    found: list[tuple[str, str]] = []
    if isinstance(step, Parallel):
        found += [(str(place), one) for place, one in enumerate(step.next_steps, 1)]
    elif isinstance(step, IfCondition):
        found.append(("true", step.on_true))
        if step.on_false:
            found.append(("false", step.on_false))
    elif isinstance(step, SwitchCondition):
        found += list(step.cases.items())
    names = ("on_completion", "on_success", "on_failure")
    return found + [("next", to) for name in names if (to := getattr(step, name))]


def after(step: Step) -> str:
    """What follows a step once it is done, empty: nothing."""
    return step.on_completion or step.on_success
