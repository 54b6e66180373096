"""The begin and end of a text are those of the model's own files, everywhere alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from workspace import Workspace

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.runs import events
from trainsmith_trainer.data.hf_tokenizer import HfTokenizer
from trainsmith_trainer.data.tokenizer import load_tokenizer
from trainsmith_trainer.hf.export import read_model
from trainsmith_trainer.hf.load import read_tokenizer

_EXAMPLES = "".join(
    json.dumps({"prompt": f"{a}+{b}=", "response": str(a + b)}) + "\n"
    for a in range(10)
    for b in range(10)
)
_SPECIAL = ("<|endoftext|>", "<s>", "[EOS]", "<|im_end|>")


def _tokenizer(*, begin: bool = False) -> Tokenizer:
    """Byte pairs with several special tokens; `begin` makes `transformers` write `<s>` first."""
    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    library.add_tokens(sorted(pre_tokenizers.ByteLevel.alphabet()))
    library.add_special_tokens([AddedToken(name, special=True) for name in _SPECIAL])
    if begin:
        number = library.token_to_id("<s>")
        library.post_processor = processors.TemplateProcessing(
            single="<s> $A", special_tokens=[("<s>", number)]
        )
    return library


def _save_model(folder: Path, library: Tokenizer, settings: dict[str, Any], **ids: Any) -> None:
    """A tiny LLaMA as `transformers` saves it, with these files beside its tokenizer."""
    config = transformers.LlamaConfig(
        vocab_size=library.get_vocab_size(),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=64,
        bos_token_id=None,
        eos_token_id=None,
    )
    model = transformers.LlamaForCausalLM(config)
    model.generation_config = transformers.GenerationConfig(**ids)
    model.save_pretrained(folder)
    (folder / "tokenizer.json").write_text(library.to_str(), encoding="utf-8")
    described = {"tokenizer_class": "PreTrainedTokenizerFast", **settings}
    (folder / "tokenizer_config.json").write_text(json.dumps(described), encoding="utf-8")


CASES: dict[str, tuple[bool, dict[str, Any], dict[str, Any], list[str], str]] = {
    "named end": (False, {"eos_token": "<|im_end|>"}, {}, [], "<|im_end|>"),
    "described end": (
        False,
        {"eos_token": {"__type": "AddedToken", "content": "[EOS]"}},
        {},
        [],
        "[EOS]",
    ),
    "only a number": (False, {}, {"eos_token_id": "[EOS]"}, [], "[EOS]"),
    "template": (True, {"eos_token": "[EOS]"}, {}, ["<s>"], "[EOS]"),
    "setting without effect": (
        True,
        {"eos_token": "[EOS]", "bos_token": "<s>", "add_bos_token": False},
        {},
        ["<s>"],
        "[EOS]",
    ),
    "nothing is said": (False, {}, {}, [], "<|endoftext|>"),
}


@pytest.mark.parametrize("case", CASES)
def test_begin_and_end_are_those_of_transformers(tmp_path: Path, case: str) -> None:
    begins, settings, ids, begin, end = CASES[case]
    library = _tokenizer(begin=begins)
    numbers = {key: library.token_to_id(name) for key, name in ids.items()}
    _save_model(tmp_path, library, settings, **numbers)
    tokenizer = read_tokenizer(tmp_path)
    assert tokenizer.begin == tuple(map(library.token_to_id, begin))
    assert tokenizer.end == library.token_to_id(end)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert theirs("a+b")["input_ids"] == [*tokenizer.begin, *tokenizer.encode("a+b").tolist()]


def test_special_tokens_in_a_text_are_text() -> None:
    tokenizer = HfTokenizer(_tokenizer().to_str().encode())
    tokens = tokenizer.encode("a<|im_end|>b").tolist()
    assert len(tokens) == len("a<|im_end|>b")
    assert tokenizer.decode(tokens) == "a<|im_end|>b"
    assert len(tokenizer.encode_prompt("a<|im_end|>b")) == 3, "a prompt may contain them"


@pytest.mark.parametrize("stops", [[], ["<|endoftext|>"], ["<|endoftext|>", "<|im_end|>"]])
def test_fine_tuned_model_ends_where_transformers_ends(
    workspace: Workspace, stops: list[str]
) -> None:
    library = _tokenizer(begin=True)
    base = workspace.path / "base"
    numbers = [library.token_to_id(name) for name in stops]
    ids = {"eos_token_id": numbers} if numbers else {}
    _save_model(base, library, {"eos_token": "<|im_end|>"}, temperature=0.5, do_sample=True, **ids)
    workspace.write("examples.jsonl", _EXAMPLES)
    workspace.write("model.yaml", "transformer_config:\n  model_path: base\n")
    workspace.write_recipe(
        training_config={"data_path": "examples.jsonl", "max_steps": 60, "learning_rate": 0.01}
    )
    result = workspace.command("train", "training.yaml")
    assert result.returncode == 0, result.stdout + result.stderr

    final = workspace.run_folder() / "final"
    end = library.token_to_id("<|im_end|>")
    described = json.loads((final / "generation_config.json").read_text(encoding="utf-8"))
    assert described["temperature"] == 0.5, "what came in goes out"
    written = described["eos_token_id"]
    assert end in (written if isinstance(written, list) else [written])
    _, weights, tokenizer = read_model(final)
    assert tokenizer.stops == {end, *numbers}
    assert all(np.isfinite(array).all() for array in weights.values())
    pipeline = transformers.pipeline("text-generation", model=str(final))
    (answer,) = pipeline("3+4=", do_sample=False, max_new_tokens=20)
    theirs = answer["generated_text"]
    ours = workspace.command(
        "generate",
        "training-001",
        "--prompt",
        "3+4=",
        "--temperature",
        "0",
        "--max-new-tokens",
        "20",
    )
    assert ours.stdout.strip() == theirs.strip()
    samples = [event for event in workspace.events() if isinstance(event, events.Sample)]
    assert samples[-1].prompt.startswith("<s>9+")


@pytest.mark.parametrize(
    ("name", "content", "end"),
    [
        ("generation_config.json", {"eos_token_id": 2**40}, "<|endoftext|>"),
        ("generation_config.json", {"eos_token_id": [-1, True, "3", 2**70]}, "<|endoftext|>"),
        ("tokenizer_config.json", {"eos_token": "\ud800"}, "<|endoftext|>"),
        ("generation_config.json", {"eos_token_id": 5000}, None),
    ],
)
def test_end_that_does_not_exist_is_not_believed(
    tmp_path: Path, name: str, content: dict[str, Any], end: str | None
) -> None:
    library = _tokenizer()
    _save_model(tmp_path, library, {})
    (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    if end is None:
        with pytest.raises(UnreadableModelError, match="the token 5000 begins or ends a text"):
            read_tokenizer(tmp_path)
    else:
        assert read_tokenizer(tmp_path).end == library.token_to_id(end)


def test_begin_that_does_not_exist_is_refused() -> None:
    described = json.loads(_tokenizer(begin=True).to_str())
    described["post_processor"]["special_tokens"]["<s>"]["ids"] = [50_000]
    with pytest.raises(ValueError, match="the token 50000 begins or ends a text"):
        load_tokenizer(json.dumps(described).encode())
