"""Search in the provisions: offline, in three languages at once, with or without Kazakh letters. Pure.

Aim: 50 ms for the whole library (issue 3, "Measured"); words are looked up in one sorted list, texts are never read.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.domain.checklist import Instrument, Standard
from app.domain.letters import plain
from app.domain.standards import PARTS, in_order

# Letters that look alike stand for each other when they stand alone: 37(с) typed in Cyrillic is 37(c).
LOOKALIKE: Final = str.maketrans("авсекмнортху", "abcekmhoptxy")
# "Article 37" and "131-бап" are said of a number and stand in no text.
ARTICLE: Final = frozenset(
    (
        *("art", "article", "articles", "para", "paragraph", "rule", "rules", "section"),
        *("ст", "статья", "статьи", "статье", "статью", "п", "пп", "пункт", "пункта", "ч", "часть", "части", "правило"),
        *("бап", "бабы", "бабына", "бабынын", "бапта", "бабында", "тармак", "тармагы", "тармакша", "ереже"),
    )
)
# What Kazakh hangs on a short name with a hyphen: ҚПК-нің, БҚК-ға.
ENDING: Final = re.compile(r"(?<=\w)-(?:[ндт][иы]н?|[гк][еа]|[дт][еа]н?|[мбп]ен|н[еа]н)\b")
SHORTEST_WITH_ENDING, LONG = 4, 6  # letters: from here on the last one, or the last two, may be an ending
MOST_WORDS: Final = 12  # of a search; more say nothing new

NUMBER, NAME, FULL_NAME, TOPIC, TEXT = range(5)  # the fields, dearest first
WHOLE_WORD: Final = (20, 10, 6, 5, 3)
BEGINNING: Final = (6, 8, 5, 4, 2)
SAME_STEM: Final = 1  # изоляция, изоляции
WHOLE_NUMBER, NUMBER_BEGINS = 40, 20


@dataclass(frozen=True)
class Index:
    """The words of all provisions. `places`: word -> place of the provision in `standards` -> its dearest field."""

    standards: tuple[Standard, ...]
    numbers: tuple[tuple[str, ...], ...]
    words: tuple[str, ...]
    places: Mapping[str, Mapping[int, int]]


def index_of(standards: Iterable[Standard]) -> Index:
    """Everything that `search` needs, made once; takes longer than many searches."""
    ordered = in_order(standards)
    places: dict[str, dict[int, int]] = {}
    names: dict[str, tuple[set[str], set[str]]] = {}
    for place, standard in enumerate(ordered):
        instrument, provision = standard.instrument, standard.provision
        if instrument.id not in names:
            names[instrument.id] = _names(instrument)
        text = provision.text
        fields = (
            words_of(provision.number),
            (*names[instrument.id][0], *words_of(provision.id)),
            (*names[instrument.id][1], *words_of(provision.year)),
            words_of(provision.topic),
            words_of(f"{text.kk} {text.ru} {text.en}"),
        )
        for field, words in enumerate(fields):
            for word in words:
                places.setdefault(word, {}).setdefault(place, field)
    numbers = tuple(tuple(words_of(one.provision.number)) for one in ordered)
    return Index(ordered, numbers, tuple(sorted(places)), places)


def search(index: Index, typed: str) -> tuple[Standard, ...]:
    """The provisions that have every typed word, or a word that begins so, anywhere; best first.

    A matching number goes before a matching name, and that before the text; equals stay in reading order. Nothing to
    look for finds nothing.
    """
    wanted = _wanted(typed)
    found: dict[int, int] | None = None
    for word in wanted:
        scores = _scores(index, word)
        found = scores if found is None else {p: found[p] + score for p, score in scores.items() if p in found}
    if not found:
        return ()
    number = tuple(word for word in wanted if _is_of_a_number(word))
    best = sorted(found, key=lambda place: (-found[place] - _number_bonus(index.numbers[place], number), place))
    return tuple(index.standards[place] for place in best)


def words_of(text: str) -> list[str]:
    """The words of a text in the form in which they are compared: small, without Kazakh letters, 37(c) as 37 and c."""
    return [word.translate(LOOKALIKE) if len(word) == 1 else word for word in PARTS.findall(plain(text))]


def _wanted(typed: str) -> list[str]:
    words = words_of(ENDING.sub("", plain(typed)))
    if any(word.isdecimal() for word in words):
        # One that names no article, such as "24 hours", keeps all its words; an article without its number as well.
        words = [word for word in words if word not in ARTICLE]
    return list(dict.fromkeys(words))[:MOST_WORDS]


def _names(instrument: Instrument) -> tuple[set[str], set[str]]:
    short, name = instrument.short, instrument.name
    return (
        set(words_of(f"{short.kk} {short.ru} {short.en}")),
        set(words_of(f"{name.kk} {name.ru} {name.en}")),
    )


def _scores(index: Index, word: str) -> dict[int, int]:
    """What each provision gets for one word: most for the word itself, then for words that begin with it, least for
    those that begin with its stem (the end of a word is its case)."""
    scores: dict[int, int] = {}
    for known in _beginning_with(index.words, _stem(word)):
        worth = WHOLE_WORD if known == word else BEGINNING if known.startswith(word) else None
        for place, field in index.places[known].items():
            score = worth[field] if worth else SAME_STEM
            if score > scores.get(place, 0):
                scores[place] = score
    return scores


def _stem(word: str) -> str:
    if word.isdecimal() or len(word) < SHORTEST_WITH_ENDING:
        return word
    return word[: -1 if len(word) < LONG else -2]


def _beginning_with(words: tuple[str, ...], beginning: str) -> Iterator[str]:
    for place in range(bisect_left(words, beginning), len(words)):
        if not words[place].startswith(beginning):
            return
        yield words[place]


def _is_of_a_number(word: str) -> bool:
    return word.isdecimal() or (len(word) == 1 and word.isascii())


def _number_bonus(number: tuple[str, ...], wanted: tuple[str, ...]) -> int:
    if not wanted or number[: len(wanted)] != wanted:
        return 0
    return WHOLE_NUMBER if number == wanted else NUMBER_BEGINS
