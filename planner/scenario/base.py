"""The base of all objects of the language: frozen, annotated, and read so that every problem is found at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError
from typing_extensions import override

from planner.scenario.context import Context
from planner.scenario.fields import Annotation, Flaw, fail

Text = Annotated[str, StringConstraints(strict=True, max_length=400)]
Note = Annotated[str | dict[str, str], Annotation()]


class _Unknown(Exception):  # noqa: N818 - a signal inside this module
    """A rule asked for a field that is missing or wrong."""


class _Partial:
    """The fields of a model that could be read, for rules between them."""

    def __init__(self, model: type[Base], values: dict[str, Any], data: Mapping[str, Any]) -> None:
        self._model, self._values, self._data = model, values, data
        self.model_fields_set = set(data)

    def __getattr__(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        field = self._model.model_fields.get(name)
        if field is None:
            # a property or a method of the model, on what could be read
            found: Any = getattr(self._model, name)
            return found.__get__(self) if isinstance(found, property) else partial(found, self)
        if (field.alias or name) in self._data or field.is_required():
            raise _Unknown
        return field.get_default(call_default_factory=True)


class Base(BaseModel):
    """Frozen, no unknown keys, annotations everywhere, and rules that are checked even where some fields are wrong."""

    # built once, with the whole scenario, instead of class by class while importing
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    note: Note | None = Field(None, description="Free text, shown in reports.")
    source: Note | None = Field(None, description="Where the numbers come from: a text, or a map from key to text.")
    assumption: Note | None = Field(None, description="What was assumed and why: a text, or a map from key to text.")
    confidence: Note | None = Field(None, description="How sure the numbers are: a text, or a map from key to text.")

    def flaws(self, context: Context) -> Iterator[Flaw]:  # noqa: ARG002 - most objects have no such rule
        """Rules between fields that the object breaks."""
        yield from ()

    @classmethod
    def units(cls, data: Mapping[str, Any], context: Context) -> AbstractContextManager[None]:
        """What gives the raw object's numbers their units while it is read."""
        return nullcontext()

    @field_validator("*", mode="after")
    @classmethod
    def _remember(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(info.context, Context):
            info.context.read[-1][str(info.field_name)] = value
        return value

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(cls, data: Any, handler: Callable[[Any], Any], info: ValidationInfo) -> Any:
        """Read the fields, then check the rules between those that could be read."""
        context = info.context
        if not isinstance(context, Context) or not isinstance(data, Mapping):
            # an empty object that stands as a default
            return handler(data)
        with cls.units(data, context):
            context.read.append({})
            try:
                made = handler(data)
            except ValidationError as error:
                found = _flaws_of_partial(cls, context.read[-1], data, context)
                if not found:
                    raise
                lines = [*map(_line, error.errors(include_url=False)), _flaw_line(found, data)]
                raise ValidationError.from_exception_data(cls.__name__, lines) from None
            finally:
                context.read.pop()
            broken = list(made.flaws(context))
            if broken:
                fail(*broken)
            return made


def _flaws_of_partial(model: type[Base], values: dict[str, Any], data: Mapping[str, Any], context: Context) -> list[Flaw]:
    found: list[Flaw] = []
    rules = model.flaws(cast(Any, _Partial(model, values, data)), context)
    while True:
        try:
            found.append(next(rules))
        except (StopIteration, _Unknown):
            return found


def _line(error: ErrorDetails) -> InitErrorDetails:
    context = error.get("ctx", {})
    kind: Any = PydanticCustomError("flaws", "{text}", context) if error["type"] == "flaws" else error["type"]
    return InitErrorDetails(type=kind, loc=error["loc"], input=error["input"], ctx=context)


def _flaw_line(found: list[Flaw], data: Any) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError("flaws", "{text}", {"text": found[0][1], "flaws": found}), loc=(), input=data)


class Entity(Base):
    """Something with an id. Knows which materials give its numbers their units."""

    label: Text = Field("", description="Name shown in tables and reports.")

    @classmethod
    def materials_of(cls, data: Mapping[str, Any], context: Context) -> list[str]:
        """Materials of the raw entity; the first one gives the units."""
        material = data.get("material")
        return [material] if isinstance(material, str) else []

    @classmethod
    def stores(cls, data: Mapping[str, Any], context: Context) -> bool:
        """Whether the raw entity's capacity is an amount."""
        return False

    @classmethod
    @override
    def units(cls, data: Mapping[str, Any], context: Context) -> AbstractContextManager[None]:
        return context.of(cls.materials_of(data, context), cls.stores(data, context))
