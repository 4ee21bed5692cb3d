"""Reads robots.txt: which paths a robot may ask for. Pure, linear in the size of file and path.

By RFC 9309: groups of one agent are joined, the longest rule that fits decides, allow wins a tie, `*` stands
for anything and `$` for the end. (The standard library's reader knows neither and takes the first rule.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

_MOST_RULES = 10_000
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True)
class _Rule:
    parts: tuple[str, ...]
    """Between the wildcards."""
    ends: bool
    """Has to reach the end of the path."""
    length: int
    allow: bool


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """What one robot may do on one site."""

    rules: tuple[_Rule, ...] = ()
    delay: float = 0.0
    """Crawl-delay, seconds; 0 when unsaid."""

    def allows(self, url: str) -> bool:
        """Whether the rules let us ask for this URL."""
        parts = urlsplit(url)
        path = _plain(parts.path or "/") + (f"?{_plain(parts.query)}" if parts.query else "")
        fitting = [rule for rule in self.rules if _fits(rule, path)]
        return max(fitting, key=lambda rule: (rule.length, rule.allow)).allow if fitting else True


def read_robots(text: str, agent: str) -> RobotsRules:
    """The rules for `agent`: its own groups, else those for everyone."""
    groups: dict[str, list[tuple[str, str]]] = {}
    current: list[str] = []
    in_rules = False
    for line in text.splitlines()[: 4 * _MOST_RULES]:
        name, colon, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon:
            continue
        if name == "user-agent":
            current = [value.lower()] if in_rules else [*current, value.lower()]
            groups.setdefault(value.lower(), [])
            in_rules = False
        elif name in {"allow", "disallow", "crawl-delay"}:
            in_rules = True
            for one in current:
                groups[one].append((name, value))
    own = groups.get(agent.lower(), groups.get("*", []))[:_MOST_RULES]
    rules = tuple(
        _rule(value, allow=name == "allow") for name, value in own if name != "crawl-delay" and value
    )
    return RobotsRules(rules, _delay([value for name, value in own if name == "crawl-delay"]))


def _rule(pattern: str, *, allow: bool) -> _Rule:
    ends = pattern.endswith("$")
    plain = _plain(pattern[:-1] if ends else pattern)
    return _Rule(tuple(plain.split("*")), ends, len(pattern), allow)


def _fits(rule: _Rule, path: str) -> bool:
    first, *others = rule.parts
    if not path.startswith(first):
        return False
    if not others:
        return not rule.ends or path == first
    at = len(first)
    for part in others[:-1]:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    last = others[-1]
    if rule.ends:
        return path.endswith(last) and len(path) - len(last) >= at
    return path.find(last, at) >= 0


def _plain(path: str) -> str:
    """One spelling for paths that are the same: escapes of plain characters undone, others in upper case."""

    def one(found: re.Match[str]) -> str:
        character = chr(int(found[1], 16))
        return character if character in _UNRESERVED else found[0].upper()

    return _ESCAPE.sub(one, quote(path, safe="/%*$?=&:@!+,;~()'[]-._", errors="replace"))


def _delay(values: list[str]) -> float:
    for value in values:
        if re.fullmatch(r"\d{1,6}(?:\.\d{1,3})?", value):
            return float(value)
    return 0.0
