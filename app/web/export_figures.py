"""The workbook of published figures, and the page that asks who could be recognised in them."""

from app.domain.publication import OUTCOMES, Figures, period_of, recognisable
from app.export.workbook import Cell, Workbook, sheet_of
from app.services.publications import Gathered
from app.web import export_words, words
from app.web.export_contexts import CheckPage, GroupLine, IndicatorLine, PairLine
from app.web.export_findings import About, about_sheet
from app.web.language import Speech

SHEETS = ("places", "indicators", "about")


def figures_workbook(speech: Speech, figures: Figures, about: About) -> Workbook:
    """Places visited, then each indicator with its row of all and one row a group; what is hidden says so."""
    group, visited = speech.say(export_words.WAY[figures.way]), speech.say("Places visited")
    places: list[dict[str, Cell]] = [
        {group: name, visited: one.visited}
        for one, name in zip(figures.groups, _group_names(speech, figures), strict=True)
    ]
    places.append({group: speech.say("All"), visited: figures.visited})
    heads = [speech.say(export_words.OUTCOME[one]) for one in OUTCOMES]
    columns = (speech.say("Indicator"), speech.say("Question"), group, *heads)
    rows = [dict(zip(columns, row, strict=True)) for row in _indicator_rows(speech, figures)]
    return Workbook(
        (
            sheet_of(speech.say("Places"), (group, visited), places),
            sheet_of(speech.say("Indicators"), columns, rows),
            about_sheet(speech, about),
        )
    )


def _group_names(speech: Speech, figures: Figures) -> list[str]:
    return [export_words.group(speech, figures.way, one.key, one.members) for one in figures.groups]


def _indicator_rows(speech: Speech, figures: Figures) -> list[tuple[Cell, ...]]:
    found: list[tuple[Cell, ...]] = []
    names, hidden = _group_names(speech, figures), speech.say(export_words.HIDDEN)
    for one in figures.indicators:
        text = one.text.in_(speech.language)
        counts = [(speech.say("All"), one.totals or (None,) * len(OUTCOMES)), *zip(names, one.rows, strict=True)]
        found += [(one.id, text, name, *(hidden if n is None else n for n in row)) for name, row in counts]
    return found


def check_of(speech: Speech, figures: Figures, found: Gathered | None) -> CheckPage:
    """The page that asks who could be recognised. `found`: None for what is published already."""
    hidden = _hidden_lines(speech, figures)
    return CheckPage(
        problems=(),
        period=figures.period,
        period_words=period_line(speech, figures)[1],
        way=figures.way,
        way_words=speech.say(export_words.WAY[figures.way]),
        visited=figures.visited,
        least=figures.least,
        waiting=found.waiting if found else 0,
        groups=_group_lines(speech, figures),
        shown=len(figures.indicators) - len(hidden),
        indicators=hidden,
        pairs=_pair_lines(speech, found, figures.least) if found else (),
        published_line="",
        formats=(),
        purpose="",
    )


def _group_lines(speech: Speech, figures: Figures) -> tuple[GroupLine, ...]:
    names = _group_names(speech, figures)
    return tuple(GroupLine(name, one.visited, not one.key) for one, name in zip(figures.groups, names, strict=True))


def _hidden_lines(speech: Speech, figures: Figures) -> tuple[IndicatorLine, ...]:
    """The indicators of which something is hidden, those that show nothing last."""
    lines = [
        IndicatorLine(
            one.id,
            one.text.in_(speech.language),
            sum(count is None for row in one.rows for count in row) if one.totals else 0,
            one.totals is None,
        )
        for one in figures.indicators
    ]
    return tuple(sorted((one for one in lines if one.hidden or one.is_withheld), key=lambda one: one.is_withheld))


def _pair_lines(speech: Speech, found: Gathered, least: int) -> tuple[PairLine, ...]:
    return tuple(
        PairLine(words.institution_type(speech, kind), words.region(speech, region), count)
        for kind, region, count in recognisable(found.places, least)
    )


def period_line(speech: Speech, figures: Figures) -> tuple[str, str]:
    return speech.say("Period"), export_words.period(speech, period_of(figures.period))
