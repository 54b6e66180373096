"""Whatever is on the screen, half typed or not: every feature answers."""

from __future__ import annotations

import pytest
from support import corpus, read

from trainsmith_server.analysis.analyze import analyze
from trainsmith_server.features.code_lens import code_lenses
from trainsmith_server.features.file_problems import file_problems
from trainsmith_server.features.folding import folds
from trainsmith_server.features.hover import hover
from trainsmith_server.features.inlay_hints import inlay_hints
from trainsmith_server.features.references import references
from trainsmith_server.features.selection import selections
from trainsmith_server.features.symbols import Symbol, symbols

RECIPE = """\
# A run
training_config:
  batch_size: &size 8
  gradient_accumulation_steps: "4"
  model_config: 'model.yaml'
  optimizer: {type: AdamW, lr: 3e-4}
  project_name: |
    # text
  <<: [*size, {max_steps: 5}]
  max_steps: 0x10
? [odd, key]
: 1
device_config:
  mesh_shape:
    - 1
    - 2
--- !tag
transformer_config:
  num_heads: .inf
  rope_scaling: *missing
...
"""


def _answers_everywhere(text: str, offsets: list[int]) -> None:
    analysis = analyze(text)
    end = len(text)
    models = {"model.yaml": analysis}
    assert all(0 <= hint.offset <= end for hint in inlay_hints(analysis, (0, end), models))
    lines = len(analysis.lines.starts)
    assert all(0 <= fold.first < fold.last < lines for fold in folds(analysis) or ())
    assert all(0 <= one.span[0] <= one.span[1] <= end for one in references(analysis))
    assert all(one.related for one in file_problems(analysis, models))
    code_lenses(analysis, None)
    for symbol in symbols(analysis):
        _is_well_formed(symbol, end)
    for offset in offsets:
        spans = selections(analysis, offset)
        assert spans[-1] == (0, end)
        assert all(start <= offset <= stop for start, stop in spans)
        hover(analysis, offset, models)


def _is_well_formed(symbol: Symbol, end: int) -> None:
    assert symbol.name
    assert 0 <= symbol.span[0] <= symbol.name_span[0] <= symbol.name_span[1] <= symbol.span[1]
    assert symbol.span[1] <= end
    for child in symbol.children:
        assert symbol.span[0] <= child.span[0] <= child.span[1] <= symbol.span[1]
        _is_well_formed(child, end)


@pytest.mark.parametrize("skipped", range(4))
def test_while_a_recipe_is_typed(skipped: int) -> None:
    for length in range(skipped, len(RECIPE) + 1, 4):
        _answers_everywhere(RECIPE[:length], [length // 2, length])


def test_with_a_line_taken_out() -> None:
    lines = RECIPE.splitlines(keepends=True)
    for index in range(len(lines)):
        text = "".join(lines[:index] + lines[index + 1 :])
        _answers_everywhere(text, [len(text) // 2])


def test_public_files() -> None:
    for file in corpus():
        text = read(file)
        _answers_everywhere(text, list(range(0, len(text), 97)))
