"""A model learns from conversations, answers in them, and `transformers` gets the same answers."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from workspace import Workspace, make_workspace

from trainsmith_schemas.runs import events
from trainsmith_trainer.data.hf_tokenizer import HfTokenizer

_LETTERS = "abcdefgh"
_TEMPLATE = """\
{%- for message in messages %}
{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}
"""


def _conversation(first: str, second: str, answer: str = "") -> list[dict[str, str]]:
    """The last answer repeats the first message."""
    contents = [first, "ok", second, "ok", "?", *([answer] if answer else [])]
    return [
        {"role": ("user", "assistant")[at % 2], "content": content}
        for at, content in enumerate(contents)
    ]


_PAIRS = list(itertools.product(_LETTERS, repeat=2))
_UNSEEN = _PAIRS[3::7]


def _save_base(folder: Path) -> None:
    """A tiny LLaMA with random weights, byte tokens and a chat template, as people publish them."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    library = Tokenizer(models.BPE({letter: at for at, letter in enumerate(alphabet)}, []))
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    special = [AddedToken(name, special=True) for name in ("<|im_start|>", "<|im_end|>")]
    library.add_special_tokens(special)
    transformers.set_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=library.get_vocab_size(),
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=128,
        bos_token_id=None,
        eos_token_id=library.token_to_id("<|im_end|>"),
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    (folder / "tokenizer.json").write_text(library.to_str(), encoding="utf-8")
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": "<|im_end|>",
        "chat_template": _TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = make_workspace(tmp_path_factory.mktemp("chat"))
    _save_base(workspace.path / "base")
    seen = [pair for pair in _PAIRS if pair not in _UNSEEN]
    lines = [json.dumps({"messages": _conversation(*pair, answer=pair[0])}) for pair in seen]
    workspace.write("chat.jsonl", "\n".join(lines))
    training: dict[str, Any] = {
        "data_path": "chat.jsonl",
        "max_steps": 250,
        "scheduler_type": "warmup_linear",
        "batch_size": 16,
        "validation_split": 0.0,
        "optimizer": {"type": "AdamW", "lr": 0.003},
        "checkpoint_frequency": 1000,
    }
    workspace.write_recipe(training_config=training)
    workspace.write("model.yaml", "transformer_config:\n  model_path: base\n")
    done = workspace.command("train", "training.yaml")
    assert done.returncode == 0, done.stderr
    return workspace


def _final(workspace: Workspace) -> Path:
    return workspace.run_folder() / "final"


def test_answers_to_unseen_conversations_are_right(trained: Workspace) -> None:
    model = transformers.AutoModelForCausalLM.from_pretrained(_final(trained))
    tokenizer = transformers.AutoTokenizer.from_pretrained(_final(trained))
    generate = transformers.pipeline("text-generation", model=model, tokenizer=tokenizer)
    answers: list[str] = [
        generate(_conversation(*pair), max_new_tokens=8, do_sample=False)[0]["generated_text"][-1][
            "content"
        ]
        for pair in _UNSEEN
    ]
    assert answers == [first for first, _ in _UNSEEN]


def test_chat_answers_each_line(trained: Workspace) -> None:
    first, second = _UNSEEN[0]
    with trained.start(
        "generate", "training-001", "--chat", "--temperature", "0", stdin=-1
    ) as process:
        output, errors = process.communicate(f"{first}\n{second}\n\n?\n")
    assert (output, errors, process.returncode) == (f"ok\nok\n{first}\n", "", 0)


def test_chat_template_comes_along(trained: Workspace) -> None:
    ours = HfTokenizer((_final(trained) / "tokenizer.json").read_bytes())
    assert "<|im_end|>" in ours.special_names
    settings = json.loads((_final(trained) / "tokenizer_config.json").read_text("utf-8"))
    assert settings["chat_template"] == _TEMPLATE


def test_dry_run_says_what_the_loss_ignores(trained: Workspace) -> None:
    done = trained.command("train", "training.yaml", "--dry-run")
    assert "of them prompts that the loss ignores" in done.stdout


def test_recipe_can_name_a_template(workspace: Workspace) -> None:
    workspace.write(
        "chat.json", json.dumps([{"talk": _conversation(*pair, answer="x")} for pair in _PAIRS])
    )
    template = "{% for m in messages %}{{ m.role[0] }}:{{ m.content }}{{ eos_token }}{% endfor %}"
    workspace.write("template.jinja", template)
    training = {
        "data_path": "chat.json",
        "columns": {"messages": "talk"},
        "chat_template": "template.jinja",
        "validation_split": 0.1,
    }
    workspace.write_recipe(training_config=training)
    workspace.write_model(max_sequence_length=64)
    done = workspace.command("train", "training.yaml")
    assert done.returncode == 0, done.stderr
    written = workspace.run_folder() / "final" / "chat_template.jinja"
    assert written.read_text("utf-8") == template
    tokenizer = transformers.AutoTokenizer.from_pretrained(written.parent)
    text = tokenizer.apply_chat_template(_conversation("a", "b"), tokenize=False)
    assert text.count(tokenizer.eos_token) == 5
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert ids.count(tokenizer.eos_token_id) == 5


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("elsewhere/id_rsa", "its name ends in .jinja, .jinja2 or .j2"),
        ("linked.jinja", "it is a symbolic link"),
    ],
)
def test_template_is_no_private_file(workspace: Workspace, name: str, says: str) -> None:
    """It would be copied into the trained model."""
    (workspace.path / "elsewhere").mkdir()
    workspace.write("elsewhere/id_rsa", "secret")
    (workspace.path / "linked.jinja").symlink_to("elsewhere/id_rsa")
    workspace.write("chat.jsonl", json.dumps({"messages": _conversation("a", "b", "a")}))
    workspace.write_recipe(training_config={"data_path": "chat.jsonl", "chat_template": name})
    done = workspace.command("train", "training.yaml")
    assert done.returncode == 1
    assert says in done.stderr
    assert not (workspace.path / "checkpoints").exists()


def test_messages_without_a_template_say_what_to_do(workspace: Workspace) -> None:
    workspace.write("chat.jsonl", json.dumps({"messages": _conversation("a", "b", "a")}))
    workspace.write_recipe(training_config={"data_path": "chat.jsonl"})
    done = workspace.command("train", "training.yaml", "--dry-run")
    assert done.returncode == 1
    assert "chat.jsonl:1: `messages` need a chat template" in done.stderr
    assert "name one in `chat_template`" in done.stderr


def test_training_length_is_apart_from_the_models_context(trained: Workspace) -> None:
    options = ("--set", "training_config.sequence_length=80", "--max-steps", "2", "--name", "short")
    done = trained.command("train", "training.yaml", *options)
    assert done.returncode == 0, done.stderr
    described = json.loads((trained.run_folder("short") / "final" / "config.json").read_text())
    assert described["max_position_embeddings"] == 128
    (started,) = [one for one in trained.events("short") if isinstance(one, events.RunStarted)]
    assert started.tokens_per_step < 16 * 80


@pytest.mark.parametrize(
    ("length", "says"),
    [
        (129, "`sequence_length` is 129, and the model reads 128 tokens at once"),
        (40, "raise sequence_length to 70 or more"),
    ],
)
def test_sequence_length_that_does_not_fit_is_an_error(
    trained: Workspace, length: int, says: str
) -> None:
    done = trained.command(
        "train", "training.yaml", "--dry-run", "--set", f"training_config.sequence_length={length}"
    )
    assert done.returncode == 1
    assert says in done.stderr
    if length > 128:
        text = (trained.path / "training.yaml").read_text("utf-8")
        trained.write(
            "long.yaml", text.replace("  batch_size", f"  sequence_length: {length}\n  batch_size")
        )
        assert says in trained.command("check", "long.yaml").stdout


def test_settings_that_transformers_stores_in_a_tokenizer_are_ignored_with_a_word(
    trained: Workspace,
) -> None:
    path = trained.path / "base" / "tokenizer.json"
    before = path.read_text("utf-8")
    library = Tokenizer.from_str(before)
    library.enable_truncation(3)
    library.enable_padding()
    path.write_text(library.to_str(), encoding="utf-8")
    done = trained.command("train", "training.yaml", "--dry-run")
    path.write_text(before, encoding="utf-8")
    assert (
        "`truncation` and `padding` in the tokenizer's tokenizer.json have no effect" in done.stdout
    )
    assert "3,905 to train on" in done.stdout
