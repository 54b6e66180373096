"""What rules read from a document: values by their dotted path, each with its place in the text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trainsmith_schemas.meaning.derived import parameter_count
from trainsmith_schemas.meaning.learning_rate import Start, UsualRate, usual_rate
from trainsmith_schemas.problems import Path
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.trainers.migration import OPTIMIZER_FLAGS, PLAIN_TYPE
from trainsmith_schemas.trainers.profiles import unread_keys
from trainsmith_server.document.bind import Binding, key_span, value_span
from trainsmith_server.document.diagnostics import Fix, Related, Severity, Tag
from trainsmith_server.document.editor import DocumentEditor
from trainsmith_server.document.found import Found
from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.document.result import KnownDocument
from trainsmith_server.yaml.tree import Mapping, Span

_LANGUAGE_MODEL_KEYS = (
    "tokenizer_type",
    "tokenizer_path",
    "model_type",
    "transformer_config",
    "grpo_config",
)
"""Keys of `training_config` that only recipes for language models have."""

_LARGEST = 1e100
"""Larger numbers are ignored: no recipe needs them, and Python's integers can exceed its floats."""


@dataclass(frozen=True, slots=True)
class Violation:
    """The result of a rule's check: a diagnostic without the code and severity of the rule."""

    message: str
    span: Span
    fixes: tuple[Fix, ...] = ()
    related: tuple[Related, ...] = ()
    tags: tuple[Tag, ...] = ()
    severity: Severity | None = None
    """Overrides the rule's own severity."""


class DocumentQuery:
    """A document as rules see it.

    Values are read by their dotted path, such as `training_config.batch_size`. The result is `None`
    if the key is absent, is empty, or has a value of another type, which the schema reports.
    """

    __slots__ = ("_known", "_text", "editor", "kind", "model", "options", "profile")

    def __init__(
        self,
        known: KnownDocument,
        text: str,
        options: LintOptions | None = None,
        model: TransformerConfig | None = None,
    ) -> None:
        self._known = known
        self._text = text
        self.editor = DocumentEditor(known.bindings, text)
        """Makes the edits of fixes."""
        self.kind = known.kind
        """The kind of document: a recipe, a model file, …"""
        self.profile = known.profile
        """The trainer that the document is checked for."""
        self.options = options or LintOptions()
        """The user's settings, such as the board."""
        self.model = model
        """The config of the recipe's model file, if that file was read."""

    def number(self, path: str) -> Found[float] | None:
        """A finite number. `1e-4` counts: it is text in YAML 1.1, but trainers convert it."""
        found = self._find(path)
        if found is None or isinstance(found.value, bool):
            return None
        value = found.value
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                return None
        if not isinstance(value, (int, float)) or abs(value) > _LARGEST or math.isnan(value):
            return None
        return Found(value, found.key, found.entry, found.span)

    def whole(self, path: str) -> Found[int] | None:
        """A whole number."""
        found = self._find(path)
        return found if found and type(found.value) is int and found.value < _LARGEST else None

    def flag(self, path: str) -> Found[bool] | None:
        """A boolean."""
        found = self._find(path)
        return found if found and isinstance(found.value, bool) else None

    def is_on(self, path: str) -> bool:
        """Whether a flag is set to true."""
        found = self.flag(path)
        return bool(found and found.value)

    def text(self, path: str) -> Found[str] | None:
        """Text."""
        found = self._find(path)
        return found if found and isinstance(found.value, str) else None

    def wholes(self, path: str) -> Found[list[int]] | None:
        """A list of whole numbers."""
        found = self._find(path)
        if found is None or not isinstance(found.value, list):
            return None
        return found if all(type(item) is int for item in found.value) else None

    def texts(self, path: str) -> list[Found[str]]:
        """The texts in a list, each at its own place."""
        found, parts = self._find(path), tuple(path.split("."))
        items: list[Any] = found.value if found and isinstance(found.value, list) else []
        places = ((item, self._known.bindings.place((*parts, at))) for at, item in enumerate(items))
        return [
            Found(item, parts[-1], found.entry, value_span(place))
            for item, place in places
            if found and isinstance(item, str) and place and place.node
        ]

    def has(self, path: str) -> bool:
        """Whether a key is present, whatever its value."""
        return self._known.bindings.place(tuple(path.split("."))) is not None

    def mentions(self, path: str) -> bool:
        """Whether a key is present, even misspelt or in the wrong section."""
        key = path.rpartition(".")[2]
        return self.has(path) or any(
            key in (problem.path[-1], *problem.suggestions)
            for problem in self._known.problems
            if problem.code == "unknown-key"
        )

    def key(self, path: str) -> Found[Any] | None:
        """A key that is present, whatever its value; the span is that of the key."""
        parts = tuple(path.split("."))
        place = self._known.bindings.place(parts)
        if place is None or place.entry is None:
            return None
        return Found(self._value(parts), parts[-1], place.entry, key_span(place.entry))

    def source_text(self, found: Found[Any]) -> str | None:
        """A value as it is written; `None` for a block collection or an empty value."""
        node = found.entry.value
        if node is None or node.end <= node.start or "\n" in self._text[node.start : node.end]:
            return None
        if isinstance(node, Mapping) and not node.flow:
            return None
        return self._text[node.start : node.end]

    def bindings(self) -> tuple[Binding, ...]:
        """All keys of the document's sections, in the order of the text."""
        return self._known.bindings.entries

    def unread(self) -> Iterator[Path]:
        """The keys that the trainer does not read."""
        return unread_keys(self.kind.model, self._known.data, self.profile.name)

    @property
    def complete(self) -> bool:
        """Whether this is a whole recipe that can run, not a snippet."""
        has_rate = self.learning_rate() or self.has("training_config.optimizer")
        length = self.has("training_config.max_steps") or self.has("training_config.num_epochs")
        return bool(has_rate and length and self.has("training_config.batch_size"))

    def learning_rate(self) -> Found[float] | None:
        """The effective rate: the scheduler's, else the optimizer block's, else the flat key."""
        return (
            self.number("scheduler_config.max_lr")
            or self.number("training_config.optimizer.lr")
            or self.number("training_config.learning_rate")
            or self.number("learning_rate")
        )

    def start(self) -> Start | None:
        """What training starts from; `None` if neither the recipe nor its model file defines it."""
        if self.profile.name == "blacksmith":
            kind = self.text("training_type")
            lora = self.has("lora_r") or self.has("lora_rank")
            return "lora" if lora or (kind and "lora" in kind.value.lower()) else None
        inline = self.text("training_config.transformer_config.model_path")
        if (inline and inline.value) or (self.model and self.model.model_path):
            adapts = self.profile.name == "trainsmith" and self.has("lora_config")
            return "lora" if adapts else "pretrained"
        return "random" if self.model else None

    def usual_rate(self) -> UsualRate | None:
        """The usual learning rate for this recipe; `None` if it is unknown.

        It is unknown for tt-train's recipes that do not train language models.
        """
        if not self._is_language_model():
            return None
        flags = OPTIMIZER_FLAGS.items()
        flagged = (name for flag, name in flags if self.is_on(f"training_config.{flag}"))
        kind = self.text("training_config.optimizer.type")
        optimizer = kind.value if kind else next(flagged, PLAIN_TYPE)
        size = self.model and parameter_count(self.model)
        return usual_rate(optimizer, self.start(), size)

    def _is_language_model(self) -> bool:
        if self.model or self.profile.name == "trainsmith" or self.start():
            return True
        keys = (f"training_config.{key}" for key in _LANGUAGE_MODEL_KEYS)
        sampling = ("eval_config.top_k", "eval_config.top_p", "eval_config.repetition_penalty")
        return any(map(self.has, (*keys, *sampling)))

    def validation_interval(self) -> Found[int] | None:
        """The interval that the trainer uses; tt-train's current trainers do not validate."""
        if self.profile.name == "tt-train":
            return None
        newer = "training_config.validation_frequency"
        found = self.whole(newer) if self.profile.name == "trainsmith" else None
        return found or self.whole("training_config.eval_every")

    def checkpoint_interval(self) -> Found[int] | None:
        """The interval that the trainer uses, if it saves by steps."""
        found = None
        if self.profile.name == "trainsmith":
            strategy = self.text("training_config.save_strategy")
            if strategy and strategy.value == "epoch":
                return None
            found = self.whole("training_config.checkpoint_frequency")
        return found or self.whole("training_config.model_save_interval")

    def mesh(self) -> Found[list[int]] | None:
        """The rows and columns of the device mesh, if they are two positive numbers."""
        found = self.wholes("device_config.mesh_shape")
        return found if found and len(found.value) == 2 and min(found.value) > 0 else None

    def _value(self, parts: Path) -> Any:
        value = self._known.data
        for part in parts:
            if not isinstance(value, dict) or part not in value:
                return None
            value = value[part]  # pyright: ignore[reportUnknownVariableType]
        return value  # pyright: ignore[reportUnknownVariableType]

    def _find(self, path: str) -> Found[Any] | None:
        parts = tuple(path.split("."))
        value = self._value(parts)
        if value is None:
            return None
        place = self._known.bindings.place(parts)
        if place is None or place.entry is None or place.node is None:
            return None
        return Found(value, parts[-1], place.entry, value_span(place))
