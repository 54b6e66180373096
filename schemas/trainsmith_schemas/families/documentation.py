"""What the documentation of a key says about families."""

from __future__ import annotations

from trainsmith_schemas.base import FieldInfo, fields_of
from trainsmith_schemas.families.registry import all_families, families_with
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.wording import listed


def about_families(field: FieldInfo) -> str:
    """The families that `model_type` names, or that read a key, as Markdown; empty for others."""
    if fields_of(TransformerConfig).get(field.key) != field:
        return ""
    if field.key == "model_type":
        return "\n".join(f"* `{family.name}`: {family.about}" for family in all_families())
    families = families_with(field.key)
    return f"Only for {listed(f'`{one}`' for one in families)}." if families else ""
