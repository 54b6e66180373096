"""The keys of `transformer_config` that belong to single families."""

from __future__ import annotations

from trainsmith_schemas.families.deepseek.fields import DeepseekFields
from trainsmith_schemas.families.gemma2.fields import GemmaFields
from trainsmith_schemas.families.gpt2.fields import Gpt2Fields
from trainsmith_schemas.families.llama.fields import LlamaFields
from trainsmith_schemas.families.mistral.fields import WindowFields
from trainsmith_schemas.families.phi3.fields import Phi3Fields
from trainsmith_schemas.families.smollm3.fields import SmolLm3Fields


# The reference lists keys in the order of these bases, from the last to the first.
class FamilyFields(
    DeepseekFields, GemmaFields, Phi3Fields, SmolLm3Fields, WindowFields, Gpt2Fields, LlamaFields
):
    """The keys of all families. A family without keys of its own isn't listed here."""
