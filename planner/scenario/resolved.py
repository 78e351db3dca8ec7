"""Writes a scenario as one YAML text: overlays merged, tables replaced by what they hold."""

from __future__ import annotations

import io
from typing import Any

import yaml

from planner.scenario.reader import PLAIN_WORDS, Node, scalar

_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_WORDS = {None: "null", True: "true", False: "false"}


def resolved_text(tree: Node) -> str:
    """The YAML of a tree; this language and others read it back as the same values."""
    stream = io.StringIO()
    writer = _Writer(_DUMPER(stream, width=140, allow_unicode=True))
    writer.document(tree)
    return stream.getvalue()


class _Writer:
    """Gives the emitter its events; it knows where a line is long and what must stand in quotes."""

    def __init__(self, dumper: Any) -> None:
        self.dumper = dumper
        self.emit = dumper.emit
        self.texts: dict[str, yaml.ScalarEvent] = {}

    def document(self, tree: Node) -> None:
        self.emit(yaml.StreamStartEvent())
        self.emit(yaml.DocumentStartEvent(explicit=False))
        self.node(tree)
        self.emit(yaml.DocumentEndEvent(explicit=False))
        self.emit(yaml.StreamEndEvent())

    def node(self, node: Node) -> None:
        value = node.value
        if isinstance(value, dict):
            self.emit(_MAP)
            for key, child in value.items():
                self.emit(self.text(key))
                self.node(child)
            self.emit(_MAP_END)
        elif isinstance(value, list):
            self.emit(_LIST)
            for child in value:
                self.node(child)
            self.emit(_LIST_END)
        else:
            self.emit(self.text(value) if isinstance(value, str) else yaml.ScalarEvent(None, None, (True, False), _word(value)))

    def text(self, value: str) -> yaml.ScalarEvent:
        """A text, in quotes where it would be read as something else."""
        event = self.texts.get(value)
        if event is None:
            plain = reads_as_text(value) and self.dumper.resolve(yaml.ScalarNode, value, (True, False)) == _DUMPER.DEFAULT_SCALAR_TAG
            event = self.texts[value] = yaml.ScalarEvent(None, None, (plain, True), value)
        return event


_MAP, _MAP_END = yaml.MappingStartEvent(None, None, True, flow_style=False), yaml.MappingEndEvent()
_LIST, _LIST_END = yaml.SequenceStartEvent(None, None, True, flow_style=False), yaml.SequenceEndEvent()


def _word(value: float | None) -> str:
    """A number or one of the words that are no text."""
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    word = repr(value)
    # YAML 1.1 takes 1e-05 for a text
    return word.replace("e", ".0e", 1) if "e" in word and "." not in word else word


def reads_as_text(value: str) -> bool:
    """Whether a plain scalar stays text under the rules of this language."""
    if value[:1].isalpha():
        return value not in PLAIN_WORDS
    try:
        return bool(scalar(value) == value) and not value.startswith(("!", "&", "*"))
    except ValueError:
        return False
