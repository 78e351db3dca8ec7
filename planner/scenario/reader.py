"""Reads one YAML file into nodes that know where they stand.

PyYAML's event stream (the parser alone, no constructors) keeps hostile files harmless: no tags, no deep nesting, no
exploding aliases, no duplicate keys. Scalars follow the YAML 1.2 core schema, so ``NO`` and ``2026-01`` stay text.
"""

from __future__ import annotations

import math
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from planner.errors import InputError, Mark, Problem, Problems, did_you_mean
from planner.scenario.characters import harmless, steering

MAX_BYTES = 10_000_000
MAX_DEPTH = 64
MAX_NODES = 500_000
"""Values of all files of a scenario together, tables and expanded aliases included."""
MAX_ENTRIES = 20_000
"""Entries of one map or list."""
MAX_KEY = 200
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NUMBER = re.compile(r"[-+]?(?:(\.[0-9]+)|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
"""A number; an integer where no group takes part."""
_BEGINS_NUMBER = frozenset("+-.0123456789")
_BASED = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
PLAIN_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(slots=True)
class Node:
    """A value with its place; ``key`` is the place of the key that holds it, if any."""

    value: Any
    """A dict of nodes by text key, a list of nodes, or a scalar: text, int, float, bool, None."""
    mark: Mark
    key: Mark | None = None
    home: tuple[Path, str] | None = None
    """For the name of a table: the file that names it, and how messages call that file."""

    def copy(self) -> Node:
        """The same tree made of new nodes."""
        if isinstance(self.value, dict):
            return Node({key: node.copy() for key, node in self.value.items()}, self.mark, self.key)
        if isinstance(self.value, list):
            return Node([node.copy() for node in self.value], self.mark, self.key)
        return Node(self.value, self.mark, self.key, self.home)

    def plain(self) -> Any:
        """The same tree as ordinary Python values."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def at(self, path: tuple[str | int, ...]) -> tuple[Node, tuple[str | int, ...]]:
        """The deepest node on ``path`` and the part of the path that exists.

        Parts that the tree does not have are passed over when a later part continues below the same node, so that a
        path with the tags of a union in it still finds its place.
        """
        node, found = self, []
        for part in path:
            child = _child(node, part)
            if child is not None:
                node = child
                found.append(part)
        return node, tuple(found)


def _child(node: Node, part: str | int) -> Node | None:
    if isinstance(node.value, dict):
        child = node.value.get(str(part))
        return child if isinstance(child, Node) else None
    if isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
        return node.value[part] if isinstance(node.value[part], Node) else None
    return None


@dataclass(slots=True)
class Budget:
    """How many values a scenario may still hold, over all of its files."""

    left: int = MAX_NODES

    def take(self, number: int, mark: Mark, path: str = "") -> None:
        """Use up some of it.

        Raises:
            InputError: at the place where it is used up.
        """
        self.left -= number
        if self.left < 0:
            raise InputError([Problem(mark, path, f"the scenario holds more than {MAX_NODES} values from here on", "leave out what it does not need")])


def read_yaml(path: Path, shown: str, problems: Problems | None = None, budget: Budget | None = None) -> Node:
    """Read a YAML or JSON file.

    Args:
        path: An existing regular file.
        shown: The name that messages use for it.
        problems: Takes duplicate keys and bad scalars, so that reading can go on; without it they are raised.
        budget: What all files together may hold; without it this file has one of its own.

    Raises:
        InputError: with the first syntax error, or whatever ``problems`` does not take.
    """
    return parse_yaml(read_text(path, shown), shown, problems, budget)


def read_bytes(path: Path, shown: str) -> bytes:
    """Read a file, refusing what is too large or not a regular file: pipes and devices would never end."""
    here = Mark(shown)
    try:
        if not path.is_file():
            near = did_you_mean(path.name, [p.name for p in path.parent.glob("*.y*ml")] if path.parent.is_dir() else [])
            raise InputError([Problem(here, "", "is not a regular file") if path.exists() else Problem(here, "", "no such file", near)])
        # what stands there may change between two looks, and some regular files of /proc never end: only what is open counts
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb") as handle:
            found = os.fstat(handle.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise InputError([Problem(here, "", "is not a regular file")])
            raw = b"" if found.st_size > MAX_BYTES else handle.read(MAX_BYTES + 1)
        if raw is None:
            raise InputError([Problem(here, "", "cannot be read: it would have to be waited for")])
    except OSError as error:
        raise InputError([Problem(here, "", f"cannot be read: {error.strerror or error}")]) from None
    except ValueError as error:
        raise InputError([Problem(here, "", f"cannot be read: {error}")]) from None
    if found.st_size > MAX_BYTES or len(raw) > MAX_BYTES:
        raise InputError([Problem(here, "", f"the file is larger than {MAX_BYTES // 10**6} MB", "put long tables into CSV files")])
    return raw


def read_text(path: Path, shown: str) -> str:
    """Read UTF-8 text; see :func:`read_bytes`."""
    raw = read_bytes(path, shown)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        raise InputError([Problem(Mark(shown, line, column), "", "is not UTF-8 text", "save the file as UTF-8")]) from None


def parse_yaml(text: str, shown: str, problems: Problems | None = None, budget: Budget | None = None) -> Node:
    """Parse YAML text into nodes; see :func:`read_yaml`."""
    if text.lstrip()[:1] in ("{", "["):
        text = _joined_surrogates(text)
    builder = _Builder(shown, Budget() if budget is None else budget, yaml.parse(text, Loader=_LOADER))
    try:
        root = builder.document()
    except yaml.MarkedYAMLError as error:
        # what is not closed is reported where it opens, not at the end of the file
        unclosed = error.context_mark is not None and ("end of stream" in str(error.problem) or "expected ',' or" in str(error.problem))
        place = error.context_mark if unclosed else error.problem_mark or error.context_mark
        mark = Mark(shown, place.line + 1, place.column + 1) if place else Mark(shown)
        said = (error.problem or str(error)).replace("\n", " ")
        raise InputError([*builder.problems.items, Problem(mark, "", f"is not valid YAML: {said}", _syntax_hint(said, text, mark))]) from None
    except UnicodeError:
        raise InputError([Problem(Mark(shown), "", "holds a character that is not valid Unicode", "type it again")]) from None
    except yaml.reader.ReaderError as error:
        # libyaml counts bytes, the pure Python reader characters
        counts_bytes = _LOADER is not yaml.SafeLoader
        before = text.encode()[: int(error.position)].decode(errors="ignore") if counts_bytes else text[: int(error.position)]
        mark = Mark(shown, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise InputError([Problem(mark, "", "holds a character that YAML does not allow", "remove the control character")]) from None
    if problems is None:
        builder.problems.raise_if_any()
    else:
        problems.items.extend(builder.problems.items)
    return root


def _joined_surrogates(text: str) -> str:
    """JSON writes characters beyond the basic plane as two escapes; YAML wants one."""

    def join(match: re.Match[str]) -> str:
        return chr(0x10000 + (int(match[1], 16) - 0xD800) * 0x400 + int(match[2], 16) - 0xDC00)

    return re.sub(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})", join, text)


def _syntax_hint(said: str, text: str, mark: Mark) -> str:
    lines = text.splitlines()
    line = lines[mark.line - 1] if mark.line <= len(lines) else ""
    if "\\t" in said or "\t" in line[: len(line) - len(line.lstrip())] or line[mark.column - 1 : mark.column] == "\t":
        return "indent with spaces, not tabs"
    if "mapping values are not allowed" in said:
        return "check the indentation, and quote text that holds ': '"
    if "expected ',' or '}'" in said or "expected ',' or ']'" in said:
        return "a bracket that opens here is not closed, or a comma is missing"
    if "end of stream" in said:
        return "a quote or bracket that opens here is not closed"
    return "check indentation, colons and quotes near here"


def scalar(text: str) -> Any:
    """The value of a plain scalar by the YAML 1.2 core schema.

    Raises:
        ValueError: for numbers that are not finite or not written plainly; the message is for the user.
    """
    if not text or text[0] not in _BEGINS_NUMBER:
        return PLAIN_WORDS.get(text, text)
    number = _NUMBER.match(text)
    if number is not None:
        return _integer(text) if number.lastindex is None else _float(text)
    if _NOT_FINITE.match(text):
        raise ValueError(f"'{text}' is not a finite number")
    if _BASED.match(text):
        if len(text) > 22:
            raise ValueError("an integer of more than 20 digits")
        return int(text, 0)
    return text


def _integer(text: str) -> int:
    digits = text.lstrip("+-")
    if len(digits) > 20:
        raise ValueError("an integer of more than 20 digits")
    if len(digits) > 1 and digits[0] == "0":
        raise ValueError(f"'{text}' starts with a zero; write {int(text)}, or quote it if it is text")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"'{text}' is too large for a number")
    return number


class _Builder:
    """Builds nodes from events; collects what does not need to stop the reading."""

    def __init__(self, shown: str, budget: Budget, events: Iterator[Any]) -> None:
        self.shown = shown
        self.budget = budget
        self.events = events
        self.problems = Problems()
        self.anchors: dict[str, Node | None] = {}
        self.sizes: dict[str, int] = {}
        self.heights: dict[str, int] = {}
        self.count = 0
        self.deepest = 0

    def document(self) -> Node:
        root: Node | None = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise InputError([Problem(self.mark(event), "", "a second document starts here", "keep one document a file; remove '---'")])
                root = self.node(next(self.events), (), 0)
        return root if root is not None else Node({}, Mark(self.shown))

    def mark(self, event: Any) -> Mark:
        place = event.start_mark
        return Mark(self.shown, place.line + 1, place.column + 1)

    def stop(self, event: Any, path: tuple[str, ...], problem: str, hint: str = "") -> InputError:
        return InputError([*self.problems.items, Problem(self.mark(event), ".".join(path), problem, hint)])

    def few(self, event: Any, path: tuple[str, ...], already: int) -> None:
        if already == MAX_ENTRIES:
            raise self.stop(event, path, f"holds more than {MAX_ENTRIES} entries", "leave out what the scenario does not need")

    def node(self, event: Any, path: tuple[str, ...], depth: int, key: Mark | None = None) -> Node:
        """The value that an event begins; what ends its map or list is taken as well."""
        if depth > MAX_DEPTH:
            raise self.stop(event, (), f"is nested more than {MAX_DEPTH} levels deep")
        self.count += 1
        self.deepest = max(self.deepest, depth)
        self.budget.left -= 1
        if self.budget.left < 0:
            raise self.stop(event, (), f"holds more than {MAX_NODES} values", "leave out what the scenario does not need")
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, path, depth, key)
        if event.tag is not None:
            self.refuse_tag(event, path)
        return self.anchored(event, path, depth, key) if event.anchor else self.content(event, path, depth, key)

    def anchored(self, event: Any, path: tuple[str, ...], depth: int, key: Mark | None) -> Node:
        """A value that aliases may repeat: how large and how deep it is counts for each of them."""
        self.anchors[event.anchor] = None
        start, before, self.deepest = self.count, self.deepest, depth
        result = self.content(event, path, depth, key)
        self.anchors[event.anchor] = result
        self.sizes[event.anchor] = self.count - start + 1
        self.heights[event.anchor] = self.deepest - depth
        self.deepest = max(self.deepest, before)
        return result

    def refuse_tag(self, event: Any, path: tuple[str, ...]) -> None:
        if event.tag is not None and not (isinstance(event, yaml.ScalarEvent) and event.tag == "!"):
            raise self.stop(event, path, f"uses the tag {event.tag!r}", "remove it; tags are not part of the scenario language")

    def content(self, event: Any, path: tuple[str, ...], depth: int, key: Mark | None) -> Node:
        mark = self.mark(event)
        if isinstance(event, yaml.ScalarEvent):
            return Node(self.scalar(event, path), mark, key)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Node] = []
            while not isinstance(child := next(self.events), yaml.SequenceEndEvent):
                self.few(child, path, len(items))
                items.append(self.node(child, (*path, str(len(items))), depth + 1))
            return Node(items, mark, key)
        return Node(self.mapping(path, depth), mark, key)

    def mapping(self, path: tuple[str, ...], depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        merged: list[tuple[Mark, Node]] = []
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self.stop(event, path, "a key must be text", "check the brackets and colons")
            self.refuse_tag(event, path)
            self.few(event, path, len(entries))
            key, mark = self.key(event, path), self.mark(event)
            if event.anchor:
                self.anchors[event.anchor] = Node(key, mark)
            following = next(self.events)
            value = self.node(following, (*path, key), depth + 1, mark)
            if key == "<<" and event.implicit[0]:
                merged.append((self.mark(following), value))
            elif key in entries:
                first = entries[key].key
                self.problems.add(mark, ".".join((*path, key)), f"duplicate key '{key}'", f"first used in line {first.line if first else '?'}")
            else:
                entries[key] = value
        return self.with_merged(entries, merged, path) if merged else entries

    def with_merged(self, entries: dict[str, Node], merged: list[tuple[Mark, Node]], path: tuple[str, ...]) -> dict[str, Node]:
        """A map with those that its ``<<`` name below it."""
        for mark, value in merged:
            for source in value.value if isinstance(value.value, list) else [value]:
                if not isinstance(source.value, dict):
                    self.problems.add(mark, ".".join(path), "'<<' needs a map to merge", "merge an alias of a map")
                    continue
                entries = {**source.value, **entries}
        return entries

    def key(self, event: Any, path: tuple[str, ...]) -> str:
        text = str(event.value)
        if len(text) > MAX_KEY:
            raise self.stop(event, path, f"a key of {len(text)} characters: '{harmless(text[:20])}…'", "check the quotes and colons")
        return self.plain(event, (*path, text))

    def plain(self, event: Any, path: tuple[str, ...]) -> str:
        """A text without characters that would steer whoever shows it."""
        text = str(event.value)
        if text.isprintable():
            return text
        found = steering(text)
        if found:
            self.problems.add(self.mark(event), harmless(".".join(path)), f"holds the control character {found}", "remove it")
        return harmless(text)

    def scalar(self, event: Any, path: tuple[str, ...]) -> Any:
        if not event.implicit[0]:
            return self.plain(event, path)
        try:
            value = scalar(event.value)
            return self.plain(event, path) if isinstance(value, str) else value
        except ValueError as error:
            self.problems.add(self.mark(event), ".".join(path), str(error))
            return str(event.value)

    def alias(self, event: Any, path: tuple[str, ...], depth: int, key: Mark | None) -> Node:
        """A copy of what an anchor names: each place is changed by itself later on."""
        if event.anchor not in self.anchors:
            raise self.stop(event, path, f"alias '*{event.anchor}' has no anchor before it")
        target = self.anchors[event.anchor]
        if target is None:
            raise self.stop(event, path, f"anchor '{event.anchor}' refers to itself")
        height = self.heights.get(event.anchor, 0)
        self.deepest = max(self.deepest, depth + height)
        if depth + height > MAX_DEPTH:
            raise self.stop(event, path, f"is nested more than {MAX_DEPTH} levels deep")
        self.count += self.sizes.get(event.anchor, 1)
        self.budget.left -= self.sizes.get(event.anchor, 1)
        if self.budget.left < 0:
            raise self.stop(event, path, f"aliases expand to more than {MAX_NODES} values")
        copy = target.copy()
        copy.key = key
        return copy
