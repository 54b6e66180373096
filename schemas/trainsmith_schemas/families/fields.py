"""The keys of `transformer_config` that belong to single families."""

from __future__ import annotations

from trainsmith_schemas.families.deepseek.fields import DeepseekFields
from trainsmith_schemas.families.gpt2.fields import Gpt2Fields
from trainsmith_schemas.families.llama.fields import LlamaFields
from trainsmith_schemas.families.mistral.fields import WindowFields


# The reference lists keys in the order of these bases, from the last to the first.
class FamilyFields(DeepseekFields, WindowFields, Gpt2Fields, LlamaFields):
    """The keys of all families. A family without keys of its own isn't listed here."""
