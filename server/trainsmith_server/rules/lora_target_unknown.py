"""`lora-target-unknown`: LoRA on layers that the model does not have."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.families.registry import family_of
from trainsmith_schemas.meaning.lora import layer_names, unknown_target_message, unknown_targets
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_schemas.validation.slips import nearest
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Check the names of layers: the model's, or if it is not known, those of all families."""
    targets = query.texts("lora_config.target_modules")
    if not targets or query.profile.name != "trainsmith":
        return
    # A family whose layers are not known is reported on its own.
    model = query.model if query.model and family_of(query.model.model_type).layout else None
    lora = LoraConfig(target_modules=[target.value for target in targets])
    unknown = set(unknown_targets(lora, model))
    names = layer_names(model)
    for target in targets:
        if target.value in unknown:
            likely = [*nearest(target.value, names), *names]
            yield Violation(
                unknown_target_message(target.value, model, names),
                target.span,
                fixes=tuple(target.set_to(name) for name in dict.fromkeys(likely)),
            )


RULE = Rule(
    code="lora-target-unknown",
    severity="error",
    title="LoRA names a layer that the model does not have",
    docs="""\
`target_modules` names the linear layers that LoRA adapts, by the ends of their names in
`transformers`. Trainsmith's trainer stops if a name matches none: with other trainers, that layer
would silently not be trained. If the model file is not known, the names of all families are valid.

**When it is fine.** Never.

**How to fix it.** Write names that the model has, or remove the key to adapt all linear layers:

| family | linear layers |
| --- | --- |
| GPT-2 | `c_attn`, `c_proj`, `c_fc` |
| the others | `q_proj`, `k_proj`, `v_proj`, `o_proj`, `gate_proj`, `up_proj`, `down_proj` |

`mlp.c_proj` names only that of GPT-2's feed-forward network, and `h.0.mlp.c_proj` only that of
its first block. The embedding and the output layer are never adapted.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  model_config: model.yaml
                  batch_size: 8
                lora_config:
                  target_modules: [q_porj, v_proj]
                """),
            good=block("""
                training_config:
                  model_config: model.yaml
                  batch_size: 8
                lora_config:
                  target_modules: [q_proj, v_proj]
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  model_config: model.yaml
                  batch_size: 8
                lora_config:
                  target_modules:
                    - cattn
                """),
            good=block("""
                training_config:
                  model_config: model.yaml
                  batch_size: 8
                lora_config:
                  target_modules:
                    - c_attn
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              batch_size: 8
            lora_config:
              target_modules: [attn.c_proj, transformer.h.0.mlp.c_fc, layers.1.self_attn.q_proj]
            """),
        block("""
            training_config:
              batch_size: 8
            lora_config:
              target_modules: []
            """),
        block("""
            training_config:
              batch_size: 8
            lora_config:
              target_modules: [1, null]
            """),
    ),
    check=check,
    with_model=True,
)
