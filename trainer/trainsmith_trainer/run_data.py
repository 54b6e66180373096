"""A run's data, in the tokens of its model."""

from __future__ import annotations

from trainsmith_schemas.hugging_face import UnreadableModelError
from trainsmith_schemas.model import TransformerConfig
from trainsmith_schemas.training import TrainingConfig
from trainsmith_trainer.config import ResolvedConfig
from trainsmith_trainer.data.text import Corpus, load_corpus
from trainsmith_trainer.model_folder import FOLDER_KEY, Pretrained
from trainsmith_trainer.pretrained import read_tokenizer
from trainsmith_trainer.problems import RunError
from trainsmith_trainer.tokenizers import BpeTokenizer, Tokenizer
from trainsmith_trainer.vocabulary import with_vocabulary


def read_corpus(config: ResolvedConfig) -> tuple[Corpus, TransformerConfig]:
    """Read the data; with it comes the model's shape with its vocabulary's size.

    A model from a folder brings its tokenizer along: its weights mean nothing in other tokens.

    Raises:
        RunError: the data does not suit the recipe, or the tokenizer not the model.
    """
    training, model = config.document.training_config, config.model
    tokenizer = _given(config.pretrained, training) if config.pretrained else None
    corpus = load_corpus(
        config.data,
        validation_split=training.validation_split,
        sequence_length=model.max_sequence_length,
        tokenizer_type=training.tokenizer_type,
        vocab_size=model.vocab_size,
        tokenizer=tokenizer,
    )
    if config.pretrained and corpus.tokenizer.vocab_size > model.vocab_size:
        raise RunError(
            f"the tokenizer has {corpus.tokenizer.vocab_size} tokens, and the model in "
            f"{config.pretrained.folder} knows {model.vocab_size}",
            advice="start from a folder with the model's own tokenizer",
            config_path=FOLDER_KEY,
        )
    return corpus, with_vocabulary(model, corpus.tokenizer.vocab_size)


def _given(pretrained: Pretrained, training: TrainingConfig) -> Tokenizer:
    try:
        tokenizer = read_tokenizer(pretrained.folder)
    except UnreadableModelError as error:
        raise RunError(
            f"the model's tokenizer is wanted, and {error}",
            advice="save the tokenizer into the model's folder, as tokenizer.json",
            config_path=FOLDER_KEY,
        ) from None
    kind = "bpe" if isinstance(tokenizer, BpeTokenizer) else "char"
    if "tokenizer_type" in training.model_fields_set and training.tokenizer_type != kind:
        raise RunError(
            f"`tokenizer_type` is {training.tokenizer_type}, and the tokenizer in "
            f"{pretrained.folder} is {kind}",
            advice="take it out: a model from a folder keeps its tokens",
            config_path="training_config.tokenizer_type",
        )
    return tokenizer
