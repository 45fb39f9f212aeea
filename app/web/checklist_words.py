"""How a checklist's own rules read: thresholds, skip rules, what an answer asks."""

from app.domain.checklist import AllOf, AnswerIs, AnyOf, CompiledChecklist, FieldAtLeast, Indicator, Rule, Threshold
from app.domain.skip_rules import field_in, indicator_in
from app.web import words
from app.web.cards import citation
from app.web.language import Speech


def threshold_words(speech: Speech, checklist: CompiledChecklist, indicator: Indicator, rule: Threshold) -> str:
    """ "Area for each child: at least 4 m² (CPT 44), where children: at least 2"."""
    unit, bound = words.unit(speech, rule.unit), speech.number(rule.value)
    said = speech.say("at least %(bound)s %(unit)s", bound=bound, unit=unit)
    if rule.rule == "at_most":
        said = speech.say("at most %(bound)s %(unit)s", bound=bound, unit=unit)
    standard = checklist.standards.get(rule.standard)
    line = f"{label_of(speech, indicator, rule.field)}: {said}"
    line += f" ({citation(standard, speech.language)})" if standard else ""
    if rule.where:
        narrowed = f"{label_of(speech, indicator, rule.where.field)} {_bounds(rule.where.at_least, rule.where.at_most)}"
        line += ", " + speech.say("where %(what)s", what=narrowed)
    return line


def label_of(speech: Speech, indicator: Indicator, key: str) -> str:
    """What people call a field or a computed value of an indicator; the key of one that is not there."""
    named = {one.key: one.label for one in indicator.answer.fields}
    named |= {one.key: one.label for one in indicator.answer.derived}
    return named[key].in_(speech.language) if key in named else key


def rule_words(speech: Speech, checklist: CompiledChecklist, rule: Rule) -> str:
    """ "B1: no, partly": what has to be true so that the question is asked."""
    if isinstance(rule, AllOf | AnyOf):
        parts = rule.all if isinstance(rule, AllOf) else rule.any
        word = speech.say_in("rule", "and") if isinstance(rule, AllOf) else speech.say_in("rule", "or")
        return f" {word} ".join(_inner(speech, checklist, part) for part in parts)
    awaited = indicator_in(rule)
    if isinstance(rule, AnswerIs):
        return f"{awaited}: {', '.join(words.value(speech, code) for code in rule.in_)}"
    field, asked = field_in(rule), checklist.indicators.get(awaited)
    name = f"{awaited}, {label_of(speech, asked, field) if asked else field}"
    if isinstance(rule, FieldAtLeast):
        return f"{name} ≥ {speech.number(rule.at_least)}"
    found = asked.field(field) if asked else None
    labels = {one.key: one.label.in_(speech.language) for one in found.options} if found else {}
    return f"{name}: {', '.join(labels.get(code, code) for code in rule.in_)}"


def asked_words(speech: Speech, indicator: Indicator) -> str:
    """What is answered: "yes, partly, no · area, m²"."""
    parts = (
        [", ".join(words.value(speech, code) for code in ("yes", "partly", "no"))] if indicator.answer.rating else []
    )
    for field in indicator.answer.fields:
        unit = f", {words.unit(speech, field.unit)}" if field.unit else ""
        parts.append(field.label.in_(speech.language) + unit)
    return " · ".join(parts)


def skip_words(speech: Speech, checklist: CompiledChecklist, indicator: Indicator) -> str:
    """ "Only if B1: no"; empty for a question that is always asked."""
    if indicator.when is None:
        return ""
    return speech.say("Only if: %(rule)s", rule=rule_words(speech, checklist, indicator.when))


def _inner(speech: Speech, checklist: CompiledChecklist, rule: Rule) -> str:
    said = rule_words(speech, checklist, rule)
    return f"({said})" if isinstance(rule, AllOf | AnyOf) else said


def _bounds(least: float | None, most: float | None) -> str:
    signs = [f"≥ {least:g}" if least is not None else "", f"≤ {most:g}" if most is not None else ""]
    return " ".join(sign for sign in signs if sign)
