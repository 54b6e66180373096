"""Every family is complete, or is refused wherever a part is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from trainsmith_schemas import families
from trainsmith_schemas.base import fields_of
from trainsmith_schemas.families import registry
from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.families.documentation import about_families
from trainsmith_schemas.families.family import Family, UnfinishedFamilyError
from trainsmith_schemas.families.hugging_face import from_hugging_face, to_hugging_face
from trainsmith_schemas.families.llama import family as llama
from trainsmith_schemas.families.registry import (
    all_families,
    family_of,
    not_trained,
    parameter_shapes,
    reads,
    which_do,
)
from trainsmith_schemas.meaning.derived import parameter_count
from trainsmith_schemas.meaning.memory import Pass, peak_memory
from trainsmith_schemas.sections.documents import ModelDocument, TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_schemas.trainers.names import Trainer
from trainsmith_schemas.validation.validate import validate
from trainsmith_schemas.wording import listed

FAMILIES = {family.name: family for family in all_families()}


def _trained() -> list[str]:
    """The families that Trainsmith trains at the moment, in Markdown."""
    return [f"`{one.name}`" for one in all_families() if "trainsmith" in one.trained_by]


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Family:
    """LLaMA, as if only its keys were known."""
    bare = replace(FAMILIES["llama"], layout=None, hugging_face=None, template=None, trained_by=())
    monkeypatch.setattr(llama, "FAMILY", bare)
    return bare


def test_every_family_folder_is_in_the_list() -> None:
    folders = {file.parent.name for file in Path(str(families.__file__)).parent.glob("*/family.py")}
    assert folders == set(FAMILIES), "`ModelType` in families/names.py lists the families"


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_registered_under_its_name_with_keys_that_exist(name: str) -> None:
    family = FAMILIES[name]
    assert family.name == name
    assert set(family.keys) <= set(TransformerConfig.model_fields)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_family_that_we_train_is_complete(family: Family) -> None:
    parts = (family.layout, family.hugging_face, family.template)
    if "trainsmith" in family.trained_by:
        assert None not in parts
    else:
        assert parts == (None, None, None)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_template_describes_a_model_of_its_family(family: Family) -> None:
    if family.template:
        read = validate(ModelDocument, yaml.safe_load(family.template)).config
        assert read is not None
        assert read.transformer_config.model_type == family.name


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_the_trainer_builds_exactly_the_families_that_it_trains(family: Family) -> None:
    pytest.importorskip("torch")
    from trainsmith_trainer.backends.torch.models import build_model

    shape = TransformerConfig(
        model_type=family.name, vocab_size=8, embedding_dim=8, num_heads=2, num_blocks=1
    )
    if "trainsmith" in family.trained_by:
        assert parameter_shapes(shape).keys() == dict(build_model(shape).named_parameters()).keys()
    else:
        with pytest.raises(UnfinishedFamilyError):
            build_model(shape)


def test_parameters_of_a_stub_are_not_counted(stub: Family) -> None:
    shape = TransformerConfig(model_type=stub.name, vocab_size=96)
    assert parameter_count(shape) is None
    assert peak_memory(TrainingDocument(), shape, Pass.full(1, 16)) is None
    with pytest.raises(UnfinishedFamilyError):
        parameter_shapes(shape)


def test_a_stub_is_neither_exported_nor_imported(stub: Family) -> None:
    with pytest.raises(UnfinishedFamilyError, match="`model_type` is llama"):
        to_hugging_face(TransformerConfig(model_type=stub.name))
    unfinished = "Trainsmith knows only the keys of this family, and only gpt2, qwen2"
    with pytest.raises(UnreadableModelError, match=unfinished):
        from_hugging_face({"model_type": stub.name})
    with pytest.raises(UnreadableModelError, match=r"in config.json; only gpt2, qwen2"):
        from_hugging_face({"model_type": "unheard_of"})


def test_the_weights_of_a_stub_are_not_stored(stub: Family) -> None:
    pytest.importorskip("torch")
    from trainsmith_trainer.data.characters import CharTokenizer
    from trainsmith_trainer.hf.export import model_files

    weights: dict[str, Any] = {"model.norm.weight": np.ones(4, np.float32)}
    with pytest.raises(UnfinishedFamilyError):
        model_files(TransformerConfig(model_type=stub.name), weights, CharTokenizer("ab"))


def test_a_stub_has_no_hints(stub: Family) -> None:
    from trainsmith_server.features.inlay_hints import inlay_hints
    from trainsmith_server.lint.analyze import analyze

    text = f"transformer_config:\n  model_type: {stub.name}\n  vocab_size: 96\n"
    assert inlay_hints(analyze(text), (0, len(text)), {}) == ()


def test_the_trainer_refuses_a_stub_at_its_line(stub: Family, tmp_path: Path) -> None:
    from trainsmith_trainer.config.load import load_config
    from trainsmith_trainer.errors import RecipeError

    (tmp_path / "text.txt").write_text("To be, or not to be")
    (tmp_path / "model.yaml").write_text(f"transformer_config:\n  model_type: {stub.name}\n")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        f"training_config: {{data_path: {tmp_path / 'text.txt'}, model_config: model.yaml}}\n"
    )
    with pytest.raises(RecipeError) as refusal:
        load_config(recipe)
    assert "model.yaml:2" in str(refusal.value)
    assert f"write {listed(_trained(), 'or')}" in str(refusal.value)


def test_not_trained_names_the_trainers_of_the_family() -> None:
    assert not_trained("deepseek", "tt-train") is None
    assert not_trained("qwen3", "trainsmith") is None
    assert not_trained("mistral", "tt-train") == (
        "`tt-train` does not train `model_type` mistral, but `trainsmith` does; "
        "write `gpt2`, `llama`, `qwen3` or `deepseek`"
    )
    assert not_trained("deepseek", "trainsmith") == (
        "`trainsmith` does not train `model_type` deepseek, but `tt-train` does; "
        f"write {listed(_trained(), 'or')}"
    )


def test_not_trained_says_that_no_trainer_trains_the_family(stub: Family) -> None:
    assert not_trained(stub.name, "trainsmith") == (
        "`trainsmith` does not train `model_type` llama, and no trainer does yet; "
        f"write {listed(_trained(), 'or')}"
    )


_OTHERS = [
    (family.name, key, trainer)
    for family in FAMILIES.values()
    for trainer in (one for one in ("trainsmith", "tt-train") if one in family.trained_by)
    for key, known in fields_of(TransformerConfig).items()
    if trainer in known.read_by and not reads(family.name, key, trainer)
]
"""Each family with each key that its trainer reads only in other families."""


def _another_value(key: str) -> Any:
    """A value of a key that is not its default."""
    known = fields_of(TransformerConfig)[key]
    if known.section:
        return {"scaling_factor": 2.0}
    others = [one for one in known.choices if one != known.default]
    return [64, *(one.value for one in known.examples), *others][-1]


@pytest.mark.parametrize(("name", "key", "trainer"), _OTHERS)
def test_a_key_of_another_family_is_reported_by_the_editor(
    name: str, key: str, trainer: Trainer
) -> None:
    from trainsmith_server.lint.analyze import analyze

    section = {"model_type": name, key: _another_value(key)}
    text = yaml.safe_dump({"transformer_config": section}, sort_keys=False)
    [found] = analyze(f"# trainsmith: profile={trainer}\n{text}").diagnostics
    severity = "warning" if trainer == "trainsmith" else "information"
    assert (found.code, found.severity) == ("ignored-key", severity)
    assert found.message == f"`{name}` does not read `{key}`; {which_do(key, trainer)}"


def test_a_key_that_only_we_read_in_a_family_is_reported_for_tt_train() -> None:
    from trainsmith_server.lint.analyze import analyze

    text = "transformer_config:\n  model_type: llama\n  head_dim: 64\n"
    assert analyze(f"# trainsmith: profile=trainsmith\n{text}").diagnostics == ()
    [found] = analyze(f"# trainsmith: profile=tt-train\n{text}").diagnostics
    assert found.message == "`llama` does not read `head_dim`; `qwen3` does"


def test_a_family_that_tt_train_does_not_know_is_an_error_for_it() -> None:
    from trainsmith_server.lint.analyze import analyze

    text = "transformer_config:\n  model_type: mistral\n  sliding_window: 64\n"
    assert analyze(text).diagnostics == ()
    [found] = analyze(f"# trainsmith: profile=tt-train\n{text}").diagnostics
    assert (found.code, found.severity) == ("family-not-trained", "error")
    assert found.message == not_trained("mistral", "tt-train")


def test_the_default_family_does_not_read_the_keys_of_others() -> None:
    from trainsmith_server.lint.analyze import analyze

    [found] = analyze("transformer_config:\n  num_blocks: 2\n  num_groups: 3\n").diagnostics
    assert found.message == (
        f"`gpt2`, the default `model_type`, does not read `num_groups`; {which_do('num_groups')}"
    )


def test_the_families_that_read_a_key_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    known = tuple(FAMILIES[name] for name in ("gpt2", "llama", "qwen3", "deepseek"))
    monkeypatch.setattr(registry, "all_families", lambda: known)
    assert which_do("bias") == "`gpt2` does"
    assert which_do("num_groups") == "`llama` and `qwen3` do"
    assert which_do("theta") == "`llama`, `qwen3` and `deepseek` do"


DEEPSEEK = """\
transformer_config:
  model_type: "deepseek"
  embedding_dim: 512
  num_heads: 8
  q_lora_rank: 256
  kv_lora_rank: 128
  moe_type: "sparse_ep"
  moe_hyperparam:
    n_routed_experts: 8
    score_func: "sigmoid"
"""


def test_a_deepseek_has_no_finding_for_tt_train_and_one_for_us() -> None:
    from trainsmith_server.lint.analyze import analyze

    assert analyze(DEEPSEEK).diagnostics == ()
    ours = analyze(f"# trainsmith: profile=trainsmith\n{DEEPSEEK}")
    assert [one.code for one in ours.diagnostics] == ["family-not-trained"]


def test_the_family_of_a_name() -> None:
    assert family_of("qwen3").title == "Qwen 3"


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_family_and_its_keys_are_documented(family: Family) -> None:
    fields = fields_of(TransformerConfig)
    assert f"* `{family.name}`: {family.about}" in about_families(fields["model_type"])
    assert family.about.endswith(".")
    for key in family.keys:
        assert f"`{family.name}`" in about_families(fields[key])


def test_keys_that_every_family_reads_say_nothing_about_families() -> None:
    assert about_families(fields_of(TransformerConfig)["embedding_dim"]) == ""
    assert about_families(fields_of(TrainingConfig)["model_type"]) == ""
    assert about_families(fields_of(TransformerConfig)["bias"]) == "Only for `gpt2`."
