"""Read a playbook, or say of everything that is wrong in it where it stands. Pure.

A place is written as JSONPath, such as `$.workflow["action--..."].commands[0].type`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from pehra.cases.playbooks import cacao
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 1 << 20
"""Bytes of a playbook."""
MOST_STEPS = 300
_SHOWN = 20
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-%s[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_ANY = re.compile(rf"([a-z][a-z0-9-]+[a-z0-9])--{_UUID % '[1-5]'}", re.IGNORECASE)
_STEP = re.compile(rf"([a-z][a-z0-9-]+[a-z0-9])--{_UUID % '4'}", re.IGNORECASE)
_AT = re.compile(r"^(?P<what>.*) - at `\$(?P<path>.*)`$", re.DOTALL)
_KINDS = {
    "bash", "caldera-cmd", "elastic", "http-api", "jupyter", "kestrel", "openc2-http",
    "powershell", "sigma", "ssh", "yara",
}  # fmt: skip
Shape = TypeVar("Shape")


class Fault(msgspec.Struct, frozen=True, order=True):
    """What is wrong at one place."""

    place: str
    message: str


class _Read(msgspec.Struct):
    """What was read so far, and what was wrong with it."""

    faults: list[Fault]
    steps: dict[str, cacao.Step]
    guides: dict[str, cacao.Guide]
    agents: dict[str, cacao.Agent]
    parties: dict[str, cacao.Party]

    def say(self, place: str, message: str) -> None:
        self.faults.append(Fault(place, message))

    def shaped(self, given: object, shape: type[Shape], place: str) -> Shape | None:
        try:
            return msgspec.convert(given, shape)
        except msgspec.ValidationError as error:
            found = _AT.match(str(error))
            path = found["path"] if found else ""
            self.say(place + path, found["what"] if found else str(error))
            return None


def check(content: bytes) -> tuple[cacao.Playbook | None, list[Fault]]:
    """Read a playbook; without one, why not, each with its place, in order of place."""
    read = _Read([], {}, {}, {}, {})
    meta = _metadata(content, read)
    if meta is None:
        return None, read.faults
    _agents(meta, read)
    _steps(meta, read)
    if not read.faults:
        _whole(meta, read)
    if read.faults:
        return None, sorted(set(read.faults))
    extra = meta.playbook_extensions.get(cacao.EXTENSION, {})
    title = read.shaped(extra, cacao.Title, f'$.playbook_extensions["{cacao.EXTENSION}"]')
    if title is None:
        return None, read.faults
    return _made(meta, read, title), []


def read(content: bytes) -> cacao.Playbook:
    """Read a playbook.

    Raises:
        UsageError: it does not keep CACAO 2.0, or tells a machine to do something.
    """
    found, faults = check(content)
    if found is None:
        shown = "; ".join(f"{one.place}: {one.message}" for one in faults[:_SHOWN])
        more = f" (and {len(faults) - _SHOWN} more)" if len(faults) > _SHOWN else ""
        message = f"This is no playbook that can be followed here: {shown}{more}"
        mend = "`pehra cases playbooks check FILE` lists every place."
        raise UsageError(message, mend=mend)
    return found


def _metadata(content: bytes, read: _Read) -> cacao.Metadata | None:
    if len(content) > LARGEST:
        read.say("$", f"It is larger than {LARGEST // 1024} KiB.")
        return None
    try:
        given: Any = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        read.say("$", f"It is not JSON: {error}")
        return None
    meta = read.shaped(given, cacao.Metadata, "$")
    if meta is not None:
        _said(meta, read)
        _moments(meta, read)
    return meta


def _said(meta: cacao.Metadata, read: _Read) -> None:
    for name, wanted in (("type", "playbook"), ("spec_version", "cacao-2.0")):
        if getattr(meta, name) != wanted:
            read.say(f"$.{name}", f"Must be `{wanted}`.")
    for name, kind in (("id", "playbook"), ("created_by", "identity")):
        _identified(getattr(meta, name), kind, f"$.{name}", read)
    for name in ("priority", "severity", "impact"):
        value = getattr(meta, name)
        if value is not None and not 0 <= value <= 100:  # noqa: PLR2004 the specification's scale
            read.say(f"$.{name}", "Must be 0 to 100.")


def _moments(meta: cacao.Metadata, read: _Read) -> None:
    named = {name: getattr(meta, name) for name in ("created", "modified", "valid_from",
                                                    "valid_until")}  # fmt: skip
    aware = True
    for name, moment in named.items():
        if moment is not None and moment.utcoffset() is None:
            aware = False
            read.say(f"$.{name}", "Must name its zone, such as Z.")
    if not aware:
        return
    if meta.modified < meta.created:
        read.say("$.modified", "Must not be before `created`.")
    if meta.valid_from and meta.valid_until and meta.valid_until <= meta.valid_from:
        read.say("$.valid_until", "Must be after `valid_from`.")


def _identified(value: str, kind: str, place: str, read: _Read) -> None:
    found = _ANY.fullmatch(value)
    if found is None or found[1] != kind:
        read.say(place, f"`{value[:80]}` is no identifier of the form {kind}--UUID.")


def _keyed(key: str, kind: str, place: str, read: _Read) -> None:
    found = _ANY.fullmatch(key)
    if found is None or found[1] != kind:
        read.say(place, f"Its key must be {kind}--UUID.")


def _agents(meta: cacao.Metadata, read: _Read) -> None:
    for key, given in meta.agent_definitions.items():
        place = f'$.agent_definitions["{key}"]'
        agent = read.shaped(given, cacao.Agent, place)
        if agent is None:
            continue
        _keyed(key, agent.type, place, read)
        if not agent.name:
            read.say(f"{place}.name", "Must not be empty.")
        read.agents[key] = agent
        party = _extended(agent.agent_target_extensions, cacao.Party,
                          f"{place}.agent_target_extensions", meta, read)  # fmt: skip
        read.parties[key] = party or cacao.Party()
    for key, given in meta.extension_definitions.items():
        place = f'$.extension_definitions["{key}"]'
        if read.shaped(given, cacao.Definition, place) is not None:
            _keyed(key, "extension-definition", place, read)
    for at, key in enumerate(meta.markings):
        if key not in meta.data_marking_definitions:
            read.say(f"$.markings[{at}]", "There is no such data marking.")


def _extended(
    given: dict[str, dict[str, Any]], shape: type[Shape], place: str, meta: cacao.Metadata,
    read: _Read,
) -> Shape | None:  # fmt: skip
    """Our own extension of an object, where it has it; every one must be defined."""
    for key in given:
        if key not in meta.extension_definitions:
            read.say(f'{place}["{key}"]', "There is no such extension definition.")
    if cacao.EXTENSION not in given:
        return None
    return read.shaped(given[cacao.EXTENSION], shape, f'{place}["{cacao.EXTENSION}"]')


def _steps(meta: cacao.Metadata, read: _Read) -> None:
    if len(meta.workflow) > MOST_STEPS:
        read.say("$.workflow", f"It has more than {MOST_STEPS} steps.")
        return
    for key, given in meta.workflow.items():
        place = f'$.workflow["{key}"]'
        kind = given.get("type") if isinstance(given, dict) else None
        shape = cacao.SHAPES.get(kind) if isinstance(kind, str) else None
        if shape is None:
            known = ", ".join(cacao.SHAPES)
            read.say(f"{place}.type", f"No step that can be followed here; possible: {known}.")
            continue
        step = read.shaped(given, shape, place)
        if step is None:
            continue
        found = _STEP.fullmatch(key)
        if found is None or found[1] != step.type:
            read.say(place, f"Its key must be {step.type}--UUID, of version 4.")
        read.steps[key] = step
        _step(step, place, meta, read)
        guide = _extended(step.step_extensions, cacao.Guide, f"{place}.step_extensions", meta, read)
        read.guides[key] = guide or cacao.Guide()


def _step(step: cacao.Step, place: str, meta: cacao.Metadata, read: _Read) -> None:
    for name in ("delay", "timeout"):
        value = getattr(step, name)
        if value is not None and value < 0:
            read.say(f"{place}.{name}", "Must not be negative.")
    _flow(step, place, read)
    for name, to in _references(step):
        if to not in meta.workflow:
            read.say(f"{place}.{name}", f"There is no step `{to[:80]}`.")
    if isinstance(step, cacao.Parallel) and len(step.next_steps) < 2:  # noqa: PLR2004 two at least
        read.say(f"{place}.next_steps", "Must name two steps or more.")
    if isinstance(step, cacao.SwitchCondition) and not step.cases:
        read.say(f"{place}.cases", "Must name a step.")
    if isinstance(step, cacao.Action):
        _action(step, place, meta, read)


def _flow(step: cacao.Step, place: str, read: _Read) -> None:
    """Which of the three ways on a step may and must have."""
    ways = [name for name in ("on_completion", "on_success", "on_failure") if getattr(step, name)]
    if isinstance(step, cacao.End):
        for name in ways:
            read.say(f"{place}.{name}", "An end has nothing after it.")
    elif isinstance(step, cacao.Start):
        if ways != ["on_completion"]:
            read.say(place, "A start needs `on_completion`, and nothing else.")
    elif "on_completion" in ways and len(ways) > 1:
        read.say(f"{place}.on_completion", "Excludes `on_success` and `on_failure`.")
    elif not cacao.after(step):
        read.say(place, "Needs `on_completion` or `on_success`.")


def _references(step: cacao.Step) -> Iterator[tuple[str, str]]:
    for name in ("on_completion", "on_success", "on_failure", "on_true", "on_false"):
        to = getattr(step, name, "")
        if to:
            yield name, to
    if isinstance(step, cacao.Parallel):
        yield from ((f"next_steps[{at}]", to) for at, to in enumerate(step.next_steps))
    if isinstance(step, cacao.SwitchCondition):
        yield from ((f'cases["{key}"]', to) for key, to in step.cases.items())


def _action(step: cacao.Action, place: str, meta: cacao.Metadata, read: _Read) -> None:
    if not 1 <= len(step.commands) <= cacao.MOST_COMMANDS:
        read.say(f"{place}.commands", f"Must be 1 to {cacao.MOST_COMMANDS}.")
    for at, command in enumerate(step.commands):
        where = f"{place}.commands[{at}]"
        if command.type != "manual":
            known = "a machine's command" if command.type in _KINDS else "no command known here"
            read.say(f"{where}.type", f"`{command.type[:40]}` is {known}: nothing is executed, so"
                     " only `manual` is taken.")  # fmt: skip
        elif not (command.command or command.command_b64):
            read.say(f"{where}.command", "Must say what to do.")
    if step.agent not in meta.agent_definitions:
        read.say(f"{place}.agent", "There is no such agent.")
    for at, target in enumerate(step.targets):
        if target not in meta.target_definitions:
            read.say(f"{place}.targets[{at}]", "There is no such target.")


def _whole(meta: cacao.Metadata, read: _Read) -> None:
    """What only the whole shows: where it begins, that each step is reached, that it ends."""
    begin = read.steps.get(meta.workflow_start)
    if not isinstance(begin, cacao.Start):
        read.say("$.workflow_start", "Must name a start step of the workflow.")
        return
    if meta.workflow_exception and meta.workflow_exception not in read.steps:
        read.say("$.workflow_exception", "There is no such step.")
        return
    kinds = [type(step) for step in read.steps.values()]
    if kinds.count(cacao.Start) != 1:
        read.say("$.workflow", "Must have one start.")
    for shape, word in ((cacao.Action, "an action"), (cacao.End, "an end")):
        if shape not in kinds:
            read.say("$.workflow", f"Must have {word}.")
    seen: set[str] = set()
    for root in filter(None, (meta.workflow_start, meta.workflow_exception)):
        _visit(root, read, seen)
    for key in read.steps.keys() - seen:
        read.say(f'$.workflow["{key}"]', "No step leads here.")


def _visit(root: str, read: _Read, seen: set[str]) -> None:
    """Walk the steps in depth, without recursion: a step on the way down must not come again."""
    way: list[tuple[str, Iterator[tuple[str, str]]]] = []
    on_way: set[str] = set()

    def enter(key: str) -> None:
        seen.add(key)
        on_way.add(key)
        way.append((key, iter(cacao.successors(read.steps[key]))))

    enter(root)
    while way:
        key, rest = way[-1]
        found = next(rest, None)
        if found is None:
            way.pop()
            on_way.discard(key)
        elif found[1] in on_way:
            place = f'$.workflow["{key}"]'
            read.say(place, "Leads back to a step before it: it would never end.")
        elif found[1] not in seen:
            enter(found[1])


def _made(meta: cacao.Metadata, read: _Read, title: cacao.Title) -> cacao.Playbook:
    return cacao.Playbook(
        id=meta.id,
        name=meta.name,
        description=meta.description,
        created=meta.created,
        modified=meta.modified,
        title=title,
        start=meta.workflow_start,
        steps=read.steps,
        guides=read.guides,
        agents=read.agents,
        parties=read.parties,
        types=meta.playbook_types,
    )
