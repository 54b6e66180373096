"""A run's data, tokenized for its model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.columns import ColumnsConfig
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_system import limits
from trainsmith_system.reading import read_bytes
from trainsmith_trainer.config.load import ResolvedConfig
from trainsmith_trainer.data.chat.template import ChatTemplate
from trainsmith_trainer.data.corpus import Corpus, load_corpus
from trainsmith_trainer.data.cutting import Cutting
from trainsmith_trainer.data.encoding import Sources
from trainsmith_trainer.data.hf_tokenizer import HfTokenizer
from trainsmith_trainer.data.tokenizer import Tokenizer, load_tokenizer
from trainsmith_trainer.data.tokens import END
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.hf.chat_template import (
    read_chat_template,
    read_template,
    template_tokens,
)
from trainsmith_trainer.hf.load import read_tokenizer
from trainsmith_trainer.hf.model_dir import FOLDER_KEY, Pretrained
from trainsmith_trainer.hf.special_tokens import read_settings, read_special_tokens
from trainsmith_trainer.run.vocabulary import with_vocabulary

_TOKENIZER_KEY = "training_config.tokenizer_path"
_TEMPLATE_KEY = "training_config.chat_template"


def read_corpus(config: ResolvedConfig) -> tuple[Corpus, TransformerConfig]:
    """Read and tokenize the data, and complete the model's shape with its vocabulary size.

    A pretrained model comes with a tokenizer; one that the recipe names takes precedence.

    Raises:
        RunError: the data does not fit the recipe, or the tokenizer does not fit the model.
    """
    training, model = config.document.training_config, config.model
    tokenizer = _given_tokenizer(config)
    template = _chat_template(config, tokenizer)
    sources = Sources(
        training=config.data,
        validation=config.validation,
        validation_split=training.validation_split,
        skip_bad_lines=training.skip_bad_lines,
        tokenizer_type=training.tokenizer_type,
        vocab_size=model.vocab_size,
        tokenizer=tokenizer,
        columns=_columns(training.columns) if training.columns else {},
        train_on_inputs=training.train_on_inputs,
        chat_template=template,
    )
    cutting = Cutting(
        length=derived.sequence_length(training, model),
        length_key=derived.sequence_length_key(training),
        packing=training.packing,
        document_starts=training.document_starts,
        overlong=training.overlong,
    )
    corpus = load_corpus(sources, cutting)
    if config.pretrained and corpus.tokenizer.vocab_size > model.vocab_size:
        raise RunError(
            f"the tokenizer has {corpus.tokenizer.vocab_size} tokens, and the model in "
            f"{config.pretrained.folder} has {model.vocab_size}",
            advice="use the tokenizer that belongs to the model",
            config_path=FOLDER_KEY,
        )
    warnings = (
        *corpus.warnings,
        *_tokenizer_warnings(config, corpus.tokenizer),
        *_ignored_settings(config, corpus.tokenizer),
    )
    corpus = replace(corpus, chat_template=template, warnings=warnings)
    return corpus, with_vocabulary(model, corpus.tokenizer.vocab_size)


def _columns(columns: ColumnsConfig) -> dict[str, str]:
    """Our names of columns → those in the data."""
    named = {name: getattr(columns, name) for name in ColumnsConfig.model_fields}
    return {name: theirs for name, theirs in named.items() if theirs is not None}


def _chat_template(config: ResolvedConfig, tokenizer: Tokenizer | None) -> ChatTemplate | None:
    """The chat template that the recipe names, else the one that belongs to the tokenizer."""
    if config.tokenizer:
        folder, key = config.tokenizer.parent, _TOKENIZER_KEY
    else:
        folder, key = config.pretrained.folder if config.pretrained else None, FOLDER_KEY
    try:
        settings = read_settings(folder) if folder else {}
        if config.chat_template is None:
            return read_chat_template(folder) if folder else None
        key = _TEMPLATE_KEY
        source = read_template(config.chat_template)
    except (OSError, ValueError, UnreadableModelError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise RunError(f"the chat template cannot be read: {why}", config_path=key) from None
    ends = tokenizer.stop_names[:1] if tokenizer else (END,)
    return ChatTemplate(source, {"eos_token": "".join(ends), **template_tokens(settings)})


def _given_tokenizer(config: ResolvedConfig) -> Tokenizer | None:
    """The tokenizer that the recipe names, else that of the pretrained model."""
    if config.tokenizer:
        return _load(config.tokenizer)
    return (
        _pretrained_tokenizer(config.pretrained, config.document.training_config)
        if config.pretrained
        else None
    )


def _ignored_settings(config: ResolvedConfig, tokenizer: Tokenizer) -> Iterator[tuple[str, str]]:
    """What `transformers` has stored in a `tokenizer.json` and takes from each call instead."""
    if not isinstance(tokenizer, HfTokenizer) or not (config.tokenizer or config.pretrained):
        return
    described = json.loads(tokenizer.content)
    stored = [key for key in ("truncation", "padding") if described.get(key) is not None]
    if stored:
        names = " and ".join(f"`{key}`" for key in stored)
        key = _TOKENIZER_KEY if config.tokenizer else FOLDER_KEY
        verb = "have" if len(stored) > 1 else "has"
        yield f"{names} in the tokenizer's tokenizer.json {verb} no effect on training", key


def _tokenizer_warnings(config: ResolvedConfig, tokenizer: Tokenizer) -> Iterator[tuple[str, str]]:
    """Warn if a recipe replaces the tokenizer of a pretrained model."""
    if config.pretrained is None or config.tokenizer is None:
        return
    try:
        own = read_tokenizer(config.pretrained.folder)
    except UnreadableModelError:
        return  # The recipe's tokenizer is the only one.
    if own.files()["tokenizer.json"] != tokenizer.files()["tokenizer.json"]:
        yield (
            f"{config.tokenizer} differs from the tokenizer in {config.pretrained.folder}: "
            "its tokens mean something else to the model",
            _TOKENIZER_KEY,
        )


def _load(path: Path) -> Tokenizer:
    try:
        content = read_bytes(path, limits.TOKENIZER)
        return load_tokenizer(content, read_special_tokens(path.parent))
    except OSError as error:
        why = error.strerror
    except (ValueError, UnreadableModelError) as error:
        why = str(error)
    raise RunError(
        f"{path} cannot be read: {why}",
        advice="name a `tokenizer.json` that Hugging Face's `tokenizers` wrote",
        config_path=_TOKENIZER_KEY,
    )


def _pretrained_tokenizer(pretrained: Pretrained, training: TrainingConfig) -> Tokenizer:
    try:
        tokenizer = read_tokenizer(pretrained.folder)
    except UnreadableModelError as error:
        raise RunError(
            f"the model's tokenizer is needed, and {error}",
            advice="save the tokenizer in the model's folder, as tokenizer.json",
            config_path=FOLDER_KEY,
        ) from None
    kind = "bpe" if isinstance(tokenizer, HfTokenizer) else "char"
    if "tokenizer_type" in training.model_fields_set and training.tokenizer_type != kind:
        raise RunError(
            f"`tokenizer_type` is {training.tokenizer_type}, and the tokenizer in "
            f"{pretrained.folder} is {kind}",
            advice="remove the key: a pretrained model keeps its tokenizer",
            config_path="training_config.tokenizer_type",
        )
    return tokenizer
