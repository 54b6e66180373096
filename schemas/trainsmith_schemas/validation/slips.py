"""Whether a key is a slip: a known name, mistyped.

Names are compared word by word; underscores separate the words. A slip changes letters within a
word: one is missing, doubled, swapped or wrong. A different word has a different meaning, even if
few letters differ: `weight_bridge` is not `weight_decay`, and `val_steps` is not `eval_steps`.
Other tools' names for our settings are in `trainers.foreign_keys`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

_SHORT = 3
"""Words shorter than this must be spelled correctly."""
_LONG = 8
"""In words of at least this length, two letters may be wrong."""
_CLIPPED = 4
"""This many initial letters may abbreviate a word: `grad` for `gradient`."""
_JOINED = 6
"""A name of at least this length, without underscores, may have one wrong letter."""

_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        account accuracy act action adapt adapter angle archive arg args batch bath beam bin
        blank bridge buffer byte cache cap card cast chain channel chat chunk class clip
        code cold color copy core cost count data date deck delay depth dev device dim dir
        disk dist dot dtype dummy edge end entry epoch eval even extra fact fake fast feed file
        fill final fit fix flag flow fold folder form format fraction free full gain gate
        graph grid group guide half hard head heat hidden hold hook host hot id idle image
        index init inner input item join jump keep key kind label lag layer lead leaf left
        len level limit line link list load local lock log loop loss low lower map mark mask
        match matrix max mean merge mesh meta metric min mix mode model module move name net
        next node noise norm note num offset open order outer output pad page pair part pass
        past patch path peak phase pipe plan plot point pool port pos post power pre print
        prompt proof pull push query queue quick radius random range rank rate ratio raw
        read ready real record region reset rest retry reward right ring role roll root
        round route row rule run sample save scale scan scope score scratch seed send
        sequence series server set shape shard shift shuffle side sign size skip slice slot
        slow soft sort source span spec speed split stack stage start state static step stop
        store stream string style sum sync table tag tail target task temp test text tile
        time token tool top total trace track train tree trial trim true turn type unit
        update user val valid value vector version view volume wait warm watch weight width
        window word work world write zero
        """,
    )
)
"""Common words in machine learning. They are not slips of other words."""


def is_slip(written: str, name: str, real: frozenset[str] = _WORDS, *, whole: bool = False) -> bool:
    """Whether a key consists of the same words as a name, and only letters differ.

    Args:
        written: the key in the document, which is not a known name.
        name: a known name.
        real: the words that are correct as written.
        whole: whether a form of a word, such as `train` for `training`, counts as another word.
    """
    if len(written) > 2 * len(name):
        return False  # A slip is never twice as long; skip keys that are whole texts.
    words, meant = _words_of(written), _words_of(name)
    if "".join(words) == "".join(meant):
        return True
    if len(words) == len(meant):
        pairs = zip(words, meant, strict=True)
        return all(
            _is_slip_of_word(*pair, real) and not (whole and _is_form_of(*pair)) for pair in pairs
        )
    more, fewer = sorted((words, meant), key=len, reverse=True)
    if any((*more[:at], *more[at + 1 :]) == fewer for at in range(len(more))):
        return False  # `q_lora_rank` has one word more than `lora_rank`.
    joined, wanted = "".join(words), "".join(meant)
    return (
        len(wanted) >= _JOINED
        and abs(len(words) - len(meant)) == 1
        and distance(joined, wanted, 1) <= 1
    )


def slips(written: str, names: Iterable[str], *, whole: bool = False) -> tuple[str, ...]:
    """The names that a key may be a slip of, nearest first. `whole` is as in `is_slip`."""
    names = tuple(names)
    if len(written) > 2 * max(map(len, names), default=0):
        return ()  # A slip is never twice as long; a key that is a whole text is not kept.
    return _slips(written, names, whole)


@lru_cache(4096)
def _slips(written: str, names: tuple[str, ...], whole: bool) -> tuple[str, ...]:
    real = _real_words(names)
    near = [name for name in names if is_slip(written, name, real, whole=whole)]
    plain = written.lower().replace("-", "_")
    return tuple(sorted(near, key=lambda name: distance(plain, name.lower(), len(name))))


@lru_cache(256)
def _real_words(names: tuple[str, ...]) -> frozenset[str]:
    """The words that are correct as written, if these names are known."""
    return _WORDS.union(*map(_words_of, names))


def nearest(written: str, names: Iterable[str]) -> tuple[str, ...]:
    """The names that a key may be a slip of, or else an abbreviation of; most likely first."""
    names = list(names)
    plain = written.lower()
    begun = (name for name in names if name.lower().startswith(f"{plain}_"))
    return slips(written, names) or (tuple(begun) if len(written) >= _CLIPPED else ())


@lru_cache(4096)
def _words_of(name: str) -> tuple[str, ...]:
    """The words of a name written `like_this`, `like-this` or `likeThis`."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return tuple(word for word in re.split(r"[_\W]+", apart.lower()) if word)


def _is_slip_of_word(written: str, meant: str, real: frozenset[str]) -> bool:
    if written == meant or _is_form_of(written, meant):
        return True
    if not real.isdisjoint((written, written.rstrip("s"))):
        return False
    if min(len(written), len(meant)) < _SHORT:
        return False
    if written.startswith(meant) and len(written) > len(meant) + 1:
        return False  # `checkpointer` is derived from `checkpoint`.
    if re.sub(r"\D", "", written) != re.sub(r"\D", "", meant):
        return False  # `beta3` is not a slip of `beta2`.
    limit = 2 if len(meant) >= _LONG else 1
    return distance(written, meant, limit) <= limit


def _is_form_of(written: str, meant: str) -> bool:
    """Whether a word is the singular, plural or beginning of another."""
    if f"{written}s" == meant or written == f"{meant}s":
        return True
    return len(written) >= _CLIPPED and written != meant and meant.startswith(written)


def distance(first: str, second: str, limit: int) -> int:
    """The number of letters that are missing, extra, wrong or swapped with a neighbour.

    Args:
        first: a word.
        second: another word.
        limit: larger distances are only reported as more than this.
    """
    if abs(len(first) - len(second)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(second) + 1))
    for number, letter in enumerate(first, 1):
        earlier, before, row = before, row, [number]
        row.extend(_costs(first, second, number, letter, (earlier, before, row)))
    return row[-1]


def _costs(
    first: str, second: str, number: int, letter: str, rows: tuple[list[int], list[int], list[int]]
) -> Iterator[int]:
    earlier, before, row = rows
    for at, other in enumerate(second, 1):
        cost = min(before[at] + 1, row[at - 1] + 1, before[at - 1] + (letter != other))
        swapped = number > 1 and at > 1 and letter == second[at - 2] and other == first[number - 2]
        yield min(cost, earlier[at - 2] + 1) if swapped else cost
