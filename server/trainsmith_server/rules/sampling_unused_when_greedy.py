"""`sampling-unused-when-greedy`: sampling settings that greedy decoding ignores."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find sampling settings together with a temperature of zero."""
    temperature = query.number("eval_config.temperature")
    if temperature is None or temperature.value != 0:
        return
    for key in ("top_k", "top_p"):
        found = query.number(f"eval_config.{key}")
        if found is not None and not _is_off(key, found.value):
            yield Violation(
                f"`{key}` has no effect at temperature 0.0: the likeliest token is always chosen",
                found.span,
                fixes=(query.editor.remove(found),),
                related=(temperature.related("greedy decoding"),),
                tags=("unnecessary",),
            )


def _is_off(key: str, value: float) -> bool:
    return value <= 0 or (key == "top_p" and value >= 1)


RULE = Rule(
    code="sampling-unused-when-greedy",
    severity="hint",
    title="Greedy decoding ignores this setting",
    docs="""\
At temperature zero the likeliest token is always chosen, so it does not matter which other tokens
`top_k` and `top_p` allow.

**When it is fine.** If you change the temperature now and then and keep the other settings, so this
rule is off by default.

**How to fix it.** Remove the line, or raise the temperature.
""",
    examples=(
        Example(
            bad=block("""
                eval_config:
                  temperature: 0.0
                  top_k: 50
                """),
            good=block("""
                eval_config:
                  temperature: 0.0
                """),
        ),
    ),
    fine=(
        block("""
            eval_config:
              temperature: 0.0
              top_k: 0
              top_p: 1.0
            """),
        block("""
            eval_config:
              temperature: 0.8
              top_k: 50
            """),
    ),
    check=check,
    on=False,
)
