"""Text that is decoded token by token is the text of all tokens."""

from __future__ import annotations

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from trainsmith_trainer.data.characters import CharTokenizer
from trainsmith_trainer.data.hf_tokenizer import HfTokenizer
from trainsmith_trainer.data.tokenizer import Tokenizer
from trainsmith_trainer.generation.detokenize import detokenize

WORDS = "To be, or not to be: that is the question — über café naïve 日本 🙂🚀"


def _of_words() -> HfTokenizer:
    """A tokenizer like LLaMA's: a space is part of the next word, rare characters are bytes."""
    names = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁"]
    names += ["▁be", "▁or", "▁not", "▁to", "T", "b", "e", "o", "t", "n", ","]
    model = tokenizers.models.BPE(
        {name: at for at, name in enumerate(names)},
        [],
        unk_token="<unk>",
        byte_fallback=True,
        ignore_merges=True,
    )
    library = tokenizers.Tokenizer(model)
    library.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    library.decoder = tokenizers.decoders.Sequence(
        [
            tokenizers.decoders.Replace("▁", " "),
            tokenizers.decoders.ByteFallback(),
            tokenizers.decoders.Fuse(),
            tokenizers.decoders.Strip(" ", 1, 0),
        ]
    )
    return HfTokenizer(library.to_str().encode())


TOKENIZERS = {
    "characters": CharTokenizer.of([WORDS]),
    "byte pairs": HfTokenizer.of([WORDS], 300),
    "words": _of_words(),
}


@pytest.mark.parametrize("tokenizer", TOKENIZERS.values(), ids=TOKENIZERS)
@given(text=st.text(WORDS, min_size=1, max_size=40).filter(str.strip), cut=st.integers(1, 30))
def test_parts_join_to_full_text(tokenizer: Tokenizer, text: str, cut: int) -> None:
    tokens = tokenizer.encode(text).tolist()
    prompt = tokens[:cut]
    begin = tokenizer.decode(prompt)
    if not begin.endswith("\N{REPLACEMENT CHARACTER}"):
        parts = list(detokenize(tokenizer, prompt, tokens[cut:]))
        assert begin + "".join(parts) == tokenizer.decode(tokens)


def test_words_keep_spaces_between_them() -> None:
    tokenizer = _of_words()
    tokens = tokenizer.encode("be or not to be").tolist()
    assert list(detokenize(tokenizer, tokens[:2], tokens[2:])) == [" not", " to", " be"]


def test_multi_token_character_is_emitted_whole() -> None:
    tokenizer = _of_words()
    (space, *prompt), tokens = tokenizer.encode("be").tolist(), tokenizer.encode("🙂").tolist()
    assert list(detokenize(tokenizer, [space, *prompt], tokens)) == [" ", "🙂"]


def test_incomplete_final_character_is_emitted() -> None:
    tokenizer = _of_words()
    tokens = tokenizer.encode("be ß").tolist()
    assert list(detokenize(tokenizer, tokens[:1], tokens[1:-1])) == [
        " ",
        "\N{REPLACEMENT CHARACTER}",
    ]
