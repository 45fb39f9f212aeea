"""What counsel and a native jurist have still to check in the library."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from rich.table import Table

from app.commands.terminal import console, settings_of
from app.config import Settings
from app.domain.library import Reference, reference_of
from app.domain.standards import in_order, questions_by_standard, tallies, to_check, to_review
from app.errors import N_, InvalidInput
from app.export.law_page import NoPlaceForIt, law_page
from app.store.checklist_cache import library_from
from app.store.checklists import load_library
from app.web import words
from app.web.cards import citation
from app.web.language import Speech

CSV_COLUMNS: Final = ("what", "id", "citation", "status", "review", "source", "questions", "text")
FOR_COUNSEL: Final = (N_("Provision"), N_("Citation"), N_("Status"), N_("Source"), N_("Questions"))
FOR_JURIST: Final = (N_("What"), N_("Id"), N_("Language"))
STATUS_WORDS: Final = {
    "read": N_("text read"),
    "number-unverified": N_("content read, number not"),
    "unverified": N_("not compared with the text"),
}


@dataclass(frozen=True)
class Block:
    """A table of the report: to look at on a terminal, to search and cut when it is piped."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def report(data: Path | None, language: str | None, csv_file: Path | None, markdown_file: Path | None) -> None:
    """Prints what waits for counsel and for a native jurist, or writes it into the files that were named.

    Raises ChecklistBroken, and InvalidInput for a file without a place for the generated part.
    """
    settings = settings_of(data)
    reference = _reference(settings)
    speech = Speech(language or settings.language, ZoneInfo(settings.time_zone))
    if csv_file:
        _write_csv(csv_file, speech, reference)
    if markdown_file:
        _write_markdown(markdown_file, reference)
    for file in (csv_file, markdown_file):
        if file:
            console.print(speech.say("Written: %(file)s", file=str(file)), markup=False, soft_wrap=True)
    if not csv_file and not markdown_file:
        _print(_blocks(speech, reference))


def _reference(settings: Settings) -> Reference:
    """From the cache of a node's data folder; a folder that is not there is not made for a report."""
    if Path(settings.data_dir).is_dir():
        return library_from(settings.checklists_dir, Path(settings.data_dir)).reference
    return reference_of(load_library(settings.checklists_dir))


def _blocks(speech: Speech, reference: Reference) -> tuple[Block, ...]:
    return _counts(speech, reference), _for_counsel(speech, reference), _for_jurist(speech, reference)


def _counts(speech: Speech, reference: Reference) -> Block:
    rows = tuple(
        (
            one.instrument.short.in_(speech.language),
            *(str(n) for n in (one.provisions, one.read, one.number_unverified, one.unverified)),
        )
        for one in tallies(reference.standards)
    )
    sums = tuple(str(sum(int(row[n]) for row in rows)) for n in range(1, 5))
    statuses = tuple(speech.say(name) for name in STATUS_WORDS.values())
    columns = (speech.say("Convention, code or law"), speech.say("provisions"), *statuses)
    return Block(speech.say("Provisions by instrument"), columns, (*rows, (speech.say("in all"), *sums)))


def _for_counsel(speech: Speech, reference: Reference) -> Block:
    questions = questions_by_standard(reference)
    rows = tuple(
        (
            one.provision.id,
            citation(one, speech.language),
            speech.say(STATUS_WORDS[one.provision.status]),
            one.provision.source,
            ", ".join(question.indicator_id for question in questions.get(one.provision.id, ())) or "–",
        )
        for one in to_check(reference.standards)
    )
    columns = tuple(map(speech.say, FOR_COUNSEL))
    return Block(speech.say("To be checked by counsel: %(count)s", count=len(rows)), columns, rows)


def _for_jurist(speech: Speech, reference: Reference) -> Block:
    rows = tuple((words.library_item(speech, one.kind), one.item_id, one.language) for one in to_review(reference))
    columns = tuple(map(speech.say, FOR_JURIST))
    title = speech.say("Wording to be confirmed by a native jurist: %(count)s", count=len(rows))
    return Block(title, columns, rows)


def _print(blocks: Iterable[Block]) -> None:
    for block in blocks:
        if not console.is_terminal:
            # One line each, with tabs: for grep, cut and a mail to counsel.
            print(f"# {block.title}", *("\t".join(row) for row in (block.columns, *block.rows)), "", sep="\n")
            continue
        table = Table(title=block.title, title_justify="left", title_style="bold")
        for column in block.columns:
            table.add_column(column, overflow="fold")
        for row in block.rows:
            table.add_row(*(cell.replace("[", r"\[") for cell in row))
        console.print(table)


def _write_csv(file: Path, speech: Speech, reference: Reference) -> None:
    """Every provision for counsel and everything marked for a jurist, one line each; with a mark that Excel knows."""
    questions = questions_by_standard(reference)
    unread = {one.provision.id for one in to_check(reference.standards)}
    with file.open("w", encoding="utf-8-sig", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(CSV_COLUMNS)
        for one in in_order(reference.standards):
            provision = one.provision
            if provision.id in unread or provision.review:
                used = " ".join(question.indicator_id for question in questions.get(provision.id, ()))
                about = (provision.status, provision.review or "", provision.source, used)
                where = ("provision", provision.id, citation(one, speech.language))
                writer.writerow((*where, *about, provision.text.in_(speech.language)))
        texts = {one.indicator_id: one.text for one in reference.questions}
        for marked in to_review(reference):
            if marked.kind != "provision":
                text = texts[marked.item_id].in_(speech.language) if marked.item_id in texts else ""
                writer.writerow((marked.kind, marked.item_id, "", "", marked.language, "", "", text))


def _write_markdown(file: Path, reference: Reference) -> None:
    try:
        page = law_page(file.read_text("utf-8"), reference)
    except FileNotFoundError as error:
        raise InvalidInput("There is no file %(file)s.", "markdown", file=str(file)) from error
    except NoPlaceForIt as error:
        raise InvalidInput(
            "%(file)s has no place for the generated part. Nothing was written.", "markdown", file=str(file)
        ) from error
    file.write_text(page, "utf-8")
