"""A conversation with a trained model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trainsmith_trainer.data.chat.conversation import ASSISTANT, Chat, ConversationError, question
from trainsmith_trainer.data.tokens import UnknownCharacterError
from trainsmith_trainer.generation.detokenize import detokenize
from trainsmith_trainer.generation.model import GenerationError, LoadedModel
from trainsmith_trainer.generation.sampling import Sampling, generate_tokens


@dataclass
class Conversation:
    """The messages so far, and how the next one is generated."""

    model: LoadedModel
    sampling: Sampling
    count: int
    """The most tokens of an answer."""
    random: np.random.Generator
    messages: list[dict[str, str]]

    def answer(self, text: str) -> Iterator[str]:
        """The model's answer to a message of the user, token by token.

        Raises:
            GenerationError: the chat template refuses the message, or the model cannot encode it.
        """
        self.messages.append({"role": "user", "content": text})
        tokens, tokenizer = self._tokens(), self.model.tokenizer
        generated = generate_tokens(
            self.model.open_decoder(tokens),
            tokens,
            self.sampling,
            self.random,
            self.count,
            tokenizer.stops,
        )
        answered = ""
        for piece in detokenize(tokenizer, tokens, generated):
            answered += piece
            yield piece
        self.messages.append({"role": ASSISTANT, "content": answered})

    def _tokens(self) -> list[int]:
        """The tokens of all messages, and of the beginning of an answer."""
        tokenizer, template = self.model.tokenizer, self.model.chat_template
        if template is None:
            raise GenerationError(
                f"{self.model.folder} has no chat template: generate without --chat, or train with "
                "`chat_template`"
            )
        chat = Chat(template, tokenizer.special_names, tokenizer.stop_names)
        try:
            asked, quoted = question(self.messages, chat)
            return tokenizer.encode_conversation(asked, (), quoted)[0].tolist()
        except (ConversationError, UnknownCharacterError) as error:
            self.messages.pop()
            raise GenerationError(str(error)) from None
