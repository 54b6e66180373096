"""A recipe and its model file → one config with every value and its origin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from trainsmith_schemas.base import Section
from trainsmith_schemas.families.description import CONFIG_FILE, UnreadableModelError
from trainsmith_schemas.families.pretrained import merge
from trainsmith_schemas.families.registry import not_trained
from trainsmith_schemas.meaning.consistency import length_contradiction
from trainsmith_schemas.problems import Path as KeyPath
from trainsmith_schemas.problems import Problem, dotted
from trainsmith_schemas.runs.layout import FINAL
from trainsmith_schemas.sections.documents import (
    DOCUMENTS,
    ModelDocument,
    TrainingDocument,
    recognise,
)
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.validation.validate import validate
from trainsmith_system import limits
from trainsmith_system.reading import read_bytes
from trainsmith_trainer.config.devices import unsuitable_devices
from trainsmith_trainer.config.lora import lora_problems, named_adapter
from trainsmith_trainer.config.named_files import DATA_KEY, data_files, named_file, named_folder
from trainsmith_trainer.config.source import Override, Source, parse_source, with_overrides
from trainsmith_trainer.config.trackers import tracking_problems
from trainsmith_trainer.config.unsupported_keys import unsupported_keys
from trainsmith_trainer.errors import ConfigProblem, Origin, RecipeError, RunError
from trainsmith_trainer.hf.model_dir import Pretrained, describe

_Document = TypeVar("_Document", bound=Section)

_VALIDATION_KEY: KeyPath = ("training_config", "validation_path")
_TOKENIZER_KEY: KeyPath = ("training_config", "tokenizer_path")
_TEMPLATE_KEY: KeyPath = ("training_config", "chat_template")
_MODEL_KEY: KeyPath = ("training_config", "model_config")
_MODEL_SECTION = "transformer_config"
_FOLDER_KEY: KeyPath = (_MODEL_SECTION, "model_path")


@dataclass(frozen=True)
class ResolvedConfig:
    """Every setting of a run, after defaults and overrides."""

    path: Path
    """The recipe, as the user named it."""
    text: str
    """The recipe's original text."""
    document: TrainingDocument
    model: TransformerConfig
    """Including the values from the folder of its `model_path`."""
    data: tuple[Path, ...]
    """The files to train on."""
    origins: Mapping[KeyPath, Origin]
    """Where each value was written; defaults are absent."""
    warnings: tuple[ConfigProblem, ...]
    options: tuple[str, ...] = ()
    """The options of the command line that changed the files' values, as words."""
    validation: tuple[Path, ...] = ()
    """The files to validate with; without any, the end of the data is used."""
    tokenizer: Path | None = None
    """The `tokenizer.json` that the recipe names."""
    chat_template: Path | None = None
    """The chat template that the recipe names."""
    pretrained: Pretrained | None = None
    """The model that the run starts from, if there is a `model_path`."""
    adapter: Path | None = None
    """The folder of the adapter that the run continues from, if the recipe names one."""

    def origin_of(self, path: str) -> Origin:
        """Where a key was written, by its full name; else where its section or the recipe was."""
        parts = tuple(path.split("."))
        while len(parts) > 1 and parts not in self.origins:
            parts = parts[:-1]
        return self.origins.get(parts, Origin(str(self.path), file=str(self.path)))

    def problem_of(self, error: RunError) -> ConfigProblem:
        """The problem to report for an error that occurs before the run starts."""
        advice = f"; {error.advice}" if error.advice else ""
        path = error.config_path or ""
        return ConfigProblem(
            self.origin_of(path), "error", "data", f"{error.message}{advice}", path
        )

    def origin_text(self, path: KeyPath) -> str:
        """Where a value comes from, in words."""
        origin = self.origins.get(path)
        return origin.label if origin else "default"


@dataclass(frozen=True)
class Recipe:
    """A recipe that is valid on its own; the files that it names have not been read."""

    path: Path
    text: str
    source: Source
    document: TrainingDocument
    overrides: Sequence[Override]


def load_config(path: Path, overrides: Sequence[Override] = ()) -> ResolvedConfig:
    """Read a recipe and the files that it names: `read_recipe`, then `resolve`."""
    return resolve(read_recipe(path, overrides))


def read_recipe(path: Path, overrides: Sequence[Override] = ()) -> Recipe:
    """Read a recipe without the files that it names.

    Args:
        path: the recipe.
        overrides: values that replace those of the files. Those under `transformer_config` apply to
            the model file, all others to the recipe.

    Raises:
        RecipeError: with every problem of the recipe itself.
    """
    text = _read(path)
    source = with_overrides(parse_source(text, str(path)), _for_recipe(overrides))
    return Recipe(path, text, source, _validated(TrainingDocument, source), overrides)


def resolve(read: Recipe, find_spare: Callable[[], Path | None] | None = None) -> ResolvedConfig:
    """Read the model file that a recipe names, and the `config.json` of its `model_path`.

    Args:
        read: the recipe.
        find_spare: returns a folder to use if that of `model_path` was deleted: a checkpoint of the
            resumed run contains the same model, trained further.

    Raises:
        RecipeError: with every problem of the first file that has one.
    """
    path, recipe, document, overrides = read.path, read.source, read.document, read.overrides

    problems: list[ConfigProblem] = []
    training = document.training_config
    model_file = named_file(recipe, _MODEL_KEY, training.model_file, problems)
    data = data_files(recipe, DATA_KEY, training.data_path, problems)
    validation = data_files(recipe, _VALIDATION_KEY, training.validation_path or [], problems)
    tokenizer = None
    if training.tokenizer_path:
        tokenizer = named_file(recipe, _TOKENIZER_KEY, training.tokenizer_path, problems)
    template = None
    if training.chat_template:
        template = named_file(recipe, _TEMPLATE_KEY, training.chat_template, problems)
    lora = document.lora_config
    resumes = lora is not None and find_spare is not None and find_spare() is not None
    adapter = named_adapter(lora, recipe, resumes=resumes, problems=problems) if lora else None
    problems += _unsupported(document, recipe)
    problems += tracking_problems(document, recipe)
    model, model_source = (
        _load_model(model_file, overrides, problems) if model_file else (None, None)
    )
    pretrained = None
    origins = dict(recipe.values)
    if model and model_source:
        origins.update(model_source.values)
        problems += _untrained(model, model_source)
        if model.model_path:
            # LoRA's checkpoints lack the weights of that folder.
            spare = None if document.lora_config else find_spare
            pretrained = _pretrained(model_source, model.model_path, spare, problems)
        family = pretrained.shape.model_type if pretrained else model.model_type
        written = model.model_copy(update={"model_type": family})
        problems += _unsupported(written, model_source, (_MODEL_SECTION,))
        if pretrained:
            origins.update(_origins(pretrained, model))
            model = _merged(model, pretrained, model_source, problems)
        problems += _disagreement(document, model, recipe)
        if document.lora_config and (pretrained or not model.model_path):
            problems += lora_problems(document.lora_config, model, recipe)
    errors = tuple(problem for problem in problems if problem.severity == "error")
    if errors or model is None or model_source is None:
        raise RecipeError(errors)
    return ResolvedConfig(
        path=path,
        text=read.text,
        document=document,
        model=model,
        data=data,
        validation=validation,
        tokenizer=tokenizer,
        chat_template=template,
        origins=origins,
        warnings=tuple(problems),
        options=tuple(word for override in overrides for word in override.option.split(" ", 1)),
        pretrained=pretrained,
        adapter=adapter,
    )


def _load_model(
    path: Path, overrides: Sequence[Override], problems: list[ConfigProblem]
) -> tuple[TransformerConfig, Source] | tuple[None, None]:
    own = [override for override in overrides if override.path[0] == _MODEL_SECTION]
    try:
        source = with_overrides(parse_source(_read(path), str(path)), own)
        return _validated(ModelDocument, source).transformer_config, source
    except RecipeError as error:
        problems.extend(error.problems)
        return None, None


def _pretrained(
    source: Source,
    written: str,
    find_spare: Callable[[], Path | None] | None,
    problems: list[ConfigProblem],
) -> Pretrained | None:
    """The model of a `model_path`, or a spare one if that folder was deleted."""
    missing: list[ConfigProblem] = []
    folder = named_folder(source, _FOLDER_KEY, written, missing)
    if folder is None and find_spare:
        folder = find_spare()
    if folder is None:
        problems += missing
        return None
    try:
        return describe(folder)
    except UnreadableModelError as error:
        inside = (folder / FINAL / CONFIG_FILE).is_file()
        hint = f"; write `{written.rstrip('/')}/{FINAL}`, the model of that run" if inside else ""
        message = f"`model_path` names no model that is read here: {error}{hint}"
        origin = source.origin_of(_FOLDER_KEY)
        problems.append(
            ConfigProblem(origin, "error", "unreadable-model", message, dotted(_FOLDER_KEY))
        )
        return None


def _merged(
    model: TransformerConfig, pretrained: Pretrained, source: Source, problems: list[ConfigProblem]
) -> TransformerConfig:
    merged = merge(model, pretrained.shape)
    for one in merged.contradictions:
        key = (_MODEL_SECTION, one.key)
        origin = source.origin_of(key)
        problems.append(ConfigProblem(origin, "error", "contradiction", one.message, dotted(key)))
    return merged.config


def _origins(pretrained: Pretrained, written: TransformerConfig) -> dict[KeyPath, Origin]:
    """The origins of the values that the model file leaves to the folder."""
    origin = Origin(str(pretrained.folder / CONFIG_FILE))
    keys: list[KeyPath] = []
    for key in pretrained.shape.model_fields_set - written.model_fields_set:
        value = getattr(pretrained.shape, key)
        inner = value.model_fields_set if isinstance(value, Section) else ()
        keys += [(_MODEL_SECTION, key), *((_MODEL_SECTION, key, each) for each in inner)]
    return dict.fromkeys(keys, origin)


def _for_recipe(overrides: Sequence[Override]) -> list[Override]:
    return [override for override in overrides if override.path[0] != _MODEL_SECTION]


def _read(path: Path) -> str:
    try:
        return read_bytes(path, limits.RECIPE).decode("utf-8-sig")
    except OSError as error:
        raise _error(Origin(str(path)), "not-readable", f"{error.strerror or error}") from None
    except UnicodeDecodeError as error:
        message = f"it is not UTF-8 text (byte {error.start}); save it as UTF-8"
        raise _error(Origin(str(path)), "not-utf-8", message) from None


def _validated(model: type[_Document], source: Source) -> _Document:
    found = recognise(source.data)
    if found and found.model is not model:
        wanted = next(kind.title for kind in DOCUMENTS if kind.model is model)
        message = f"this is a {found.title}, expected a {wanted}: name another file"
        raise _error(Origin(source.name), "other-document", message)
    result = validate(model, {} if source.data is None else source.data)
    if result.config is None:
        raise RecipeError(tuple(_located(source, problem) for problem in result.problems))
    return result.config


def _located(source: Source, problem: Problem) -> ConfigProblem:
    return ConfigProblem(
        source.origin_of(problem.path, on_key=problem.on_key),
        "error",
        problem.code,
        problem.message,
        dotted(problem.path),
    )


def _untrained(model: TransformerConfig, source: Source) -> Iterator[ConfigProblem]:
    """Refuse a family that Trainsmith does not train."""
    if message := not_trained(model.model_type, "trainsmith"):
        key: KeyPath = (_MODEL_SECTION, "model_type")
        yield ConfigProblem(
            source.origin_of(key), "error", "family-not-trained", message, dotted(key)
        )


def _unsupported(config: Section, source: Source, prefix: KeyPath = ()) -> Iterator[ConfigProblem]:
    for path, entry in unsupported_keys(config, prefix):
        message = f"`{path[-1]}` is not acted on: {entry.because}"
        origin = source.origin_of(path, on_key=True)
        yield ConfigProblem(origin, entry.severity, "not-acted-on", message, dotted(path))
    if isinstance(config, TrainingDocument):
        yield from unsuitable_devices(config, source)


def _disagreement(
    document: TrainingDocument, model: TransformerConfig, source: Source
) -> Iterator[ConfigProblem]:
    wanted = document.training_config.model_type
    if wanted and wanted != model.model_type:
        key: KeyPath = ("training_config", "model_type")
        message = (
            f"`model_type` is {wanted}, and the model file says {model.model_type}: "
            "remove it here, or correct one of them"
        )
        yield ConfigProblem(source.origin_of(key), "error", "contradiction", message, dotted(key))
    too_long = length_contradiction(document.training_config, model)
    if too_long:
        key = ("training_config", "sequence_length")
        yield ConfigProblem(source.origin_of(key), "error", "contradiction", too_long, dotted(key))


def _error(origin: Origin, code: str, message: str) -> RecipeError:
    return RecipeError((ConfigProblem(origin, "error", code, message),))
