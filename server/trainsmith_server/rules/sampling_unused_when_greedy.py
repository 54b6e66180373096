"""`sampling-unused-when-greedy`: sampling settings that greedy decoding ignores."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Look for sampling settings beside a temperature of zero."""
    heat = query.number("eval_config.temperature")
    if heat is None or heat.value != 0:
        return
    for key in ("top_k", "top_p"):
        found = query.number(f"eval_config.{key}")
        if found is not None and not _is_off(key, found.value):
            yield Violation(
                f"`{key}` has no effect at temperature 0.0: the likeliest token is always taken",
                found.span,
                fixes=(query.editor.remove(found),),
                related=(heat.related("greedy decoding"),),
                tags=("unnecessary",),
            )


def _is_off(key: str, value: float) -> bool:
    return value <= 0 or (key == "top_p" and value >= 1)


RULE = Rule(
    code="sampling-unused-when-greedy",
    severity="hint",
    title="Greedy decoding ignores this setting",
    docs="""\
At a temperature of zero the likeliest token is always taken, so it does not matter among how many
others it was the likeliest.

**When it is fine.** Where you switch the temperature now and then and keep the rest, so this rule
is off until you turn it on.

**How to mend it.** Take the line away, or raise the temperature.
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
