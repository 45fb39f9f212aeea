"""The conflicts in sampled files, as links for the pages that list what the team has not settled."""

from collections.abc import Iterable, Mapping

from app.domain.cases import STATES
from app.domain.journal import Json
from app.store.reads import VisitRecords
from app.web import custody_words
from app.web.contexts import IndicatorLink
from app.web.language import Speech


def case_conflicts(
    speech: Speech, visit_url: str, records: VisitRecords, names: Mapping[str, str]
) -> Iterable[IndicatorLink]:
    """For each time, mark or fact that two people wrote differently: the file, what it is about, who wrote what."""
    for repeat in records.repeats:
        record = records.cases.get(repeat.subject)
        for name, sides in (record.conflicts if record else {}).items():
            said = [f"{names.get(side.author, '?')}: {_value(speech, name, side.value)}" for side in sides]
            url = f"{visit_url}/files/{repeat.subject}/clock"
            yield IndicatorLink(url, repeat.text("name"), _label(speech, name), " · ".join(said))


def _label(speech: Speech, name: str) -> str:
    if name in custody_words.FACT:
        return speech.say(custody_words.FACT[name])
    kind, _, rest = name.partition(".")
    event, _, source = rest.partition(".")
    if kind == "time":
        return f"{custody_words.event(speech, event)} ({custody_words.source(speech, source)})"
    return custody_words.event(speech, event if kind in STATES else kind)


def _value(speech: Speech, name: str, value: Json) -> str:
    state = name.partition(".")[0]
    if state in STATES:
        said = custody_words.STATE[state if value is True else ""]
        return speech.say(said)
    if isinstance(value, bool):
        word = custody_words.YES_NO["yes" if value else "no"]
        return speech.say(word)
    if name == "ground" and str(value) in custody_words.GROUND:
        return speech.say(custody_words.GROUND[str(value)])
    return "—" if value is None or isinstance(value, list | dict) else str(value).replace("T", " ")
