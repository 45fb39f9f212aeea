"""What a monitor keeps in hand: guides, the mandate page, the glossary and the scripts of talks."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from app.domain.checklist import LANGUAGES, Text
from app.domain.guides import Guide
from app.domain.journal import Draft
from app.domain.library import Question, Reference
from app.domain.scripts import Script
from app.store import journal
from app.store.checklists import Shelf
from app.web.language import KAZAKH_ORDER
from tests.web.nodes import PERSON_IDS, Browser, Node, Visiting, person_name, text_of

MADE_UP = "01900000-0000-7000-8000-000000000000"
OPEN_PAGES = (
    "",
    "/sections/cells",
    "/sections/rooms",
    "/answers/B1/history",
    "/meanings/B1",
    "/finish",
    "/report",
    "/mandate",
)


def words(kk: str) -> dict[str, str]:
    return {"kk": kk, "ru": f"{kk} по-русски", "en": f"{kk} in English"}


SCRIPT = Script.model_validate(
    {
        "id": "child-7-10-sample",
        "version": 1,
        "audience": "child",
        "ages": [7, 10],
        "title": words("Үлгі әңгіме"),
        "minutes": 25,
        "before": [words("Орын табыңыз")],
        "consent": [{"say": words("Сөйлескің келе ме"), "if_no": words("Жарайды")}],
        "opening": [{"say": words("Не жақсы көресің")}],
        "topics": [
            {
                "id": "day",
                "title": words("Менің күнім"),
                "ask": [words("Кеше не істедің")],
                "listen_for": [words("Сабақ бар ма")],
                "avoid": [words("Жауабын айтпаңыз")],
                "indicators": ["B1", "C4", "Z9"],
            }
        ],
        "stop": {"signs": [words("Жылайды")], "say": words("Осымен тоқтайық")},
        "disclosure": {
            "do": [words("Тыңдаңыз")],
            "do_not": [words("Сұрамаңыз")],
            "say": words("Кінәлі емессің"),
        },
        "closing": [{"say": words("Рақмет саған")}],
        "safety_plan": [words("Қауіпті белгілеңіз")],
        "standards": ["havana.72", "crc.12.1-2"],
    }
)
AT = "/interviews/child-7-10-sample"


def with_reference(node: Node, shelf: Shelf, **changes: object) -> Reference:
    """Gives a node this library, changed."""
    changed = shelf.reference.model_copy(update=changes)
    node.app.state.checklists = replace(shelf, load_reference=lambda: changed)
    return changed


@pytest.fixture
def scripted(device: Node, shelf: Shelf) -> Reference:
    """A tablet with one more script."""
    question = Text(kk="Сұрақ", ru="Вопрос", en="A question of another checklist")
    scripts = (*shelf.reference.scripts, SCRIPT)
    others = [one for one in shelf.reference.questions if one.indicator_id not in ("B1", "Z9")]
    questions = (*others, *(Question(indicator_id=name, text=question) for name in ("B1", "Z9")))
    return with_reference(device, shelf, scripts=scripts, questions=questions)


def guide(shelf: Shelf, guide_id: str) -> Guide:
    return next(one for one in shelf.reference.guides if one.id == guide_id)


def read(html: str) -> str:
    return unescape(text_of(html))


# ---- the way there -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ana", "cy", "ben", "tom", "adm"])
@pytest.mark.parametrize("role", ["device", "central"])
def test_everybody_has_the_guides_in_hand(device: Node, central: Node, role: str, name: str) -> None:
    browser = (device if role == "device" else central).browser(name)
    index = browser.get("/guides").text
    for path in ("/interviews", "/guides/contacts", "/guides/immediate-danger", "/guides/glossary"):
        assert f'href="{path}"' in index
        assert browser.get(path).status_code == 200
    assert 'href="/guides"' in browser.get("/guides/contacts").text  # the menu leads there from every page


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_danger_is_one_tap_from_every_page_of_an_open_visit(ana: Browser, visit: Visiting, path: str) -> None:
    link = f'href="/guides/immediate-danger?visit={visit.visit_id}"'
    head = ana.get(visit.url + path).text.partition("<main")[0]
    assert link in head  # in the bar that stays in sight


def test_danger_is_one_tap_from_a_refused_answer_too(ana: Browser, visit: Visiting) -> None:
    reply = ana.submit(visit.answer_url("P2"), field__present="many")
    assert reply.status_code == 422
    assert f'href="/guides/immediate-danger?visit={visit.visit_id}"' in reply.text.partition("<main")[0]


def test_a_closed_visit_offers_nothing_but_the_red_button(ana: Browser, visit: Visiting) -> None:
    ana.submit(f"{visit.url}/finish", reason="уақыт болмады")
    html = ana.get(visit.url).text
    assert html.count("immediate-danger") == 1 and "/interviews?visit" not in html  # the red button's own way to it


def test_the_hub_leads_to_talks_and_mandate(ana: Browser, visit: Visiting) -> None:
    html = ana.get(visit.url).text
    assert f'href="/interviews?visit={visit.visit_id}"' in html and f'href="{visit.url}/mandate"' in html


@pytest.mark.parametrize("path", ["/guides/immediate-danger", "/guides/mandate", "/guides/contacts", "/interviews", AT])
def test_cy_learns_nothing_by_naming_anas_visit(cy: Browser, visit: Visiting, scripted: Reference, path: str) -> None:
    replies = [cy.get(f"{path}?visit={visit_id}") for visit_id in (visit.visit_id, MADE_UP)]
    assert [reply.status_code for reply in replies] == [404, 404]
    told = [reply.text.replace(visit.visit_id, "ID").replace(MADE_UP, "ID") for reply in replies]
    assert told[0] == told[1]


@pytest.mark.parametrize("path", ["/guides/nothing", "/interviews/nothing", "/interviews/%00"])
def test_a_guide_that_is_not_there_is_not_there(ana: Browser, path: str) -> None:
    assert ana.get(path).status_code == 404


# ---- guides ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("guide_id", ["mandate", "do-no-harm", "immediate-danger"])
def test_a_guide_shows_every_step_in_the_readers_language(
    ana: Browser, shelf: Shelf, guide_id: str, language: str
) -> None:
    told = read(ana.speak(language).get(f"/guides/{guide_id}").text)
    found = guide(shelf, guide_id)
    for part in found.parts:
        assert part.title.in_(language) in told
        assert all(" ".join(step.in_(language).split()) in told for step in part.steps), part.id


def test_a_provision_that_counsel_has_not_checked_says_so(ana: Browser, shelf: Shelf) -> None:
    standards = {one.provision.id: one.provision for one in shelf.reference.standards}
    named = [name for part in guide(shelf, "mandate").parts for name in part.standards]
    unchecked = sum(not standards[name].is_verified for name in named)
    assert unchecked > 0
    html = ana.get("/guides/mandate").text
    assert len(re.findall(r'<span class="tag mid"><svg[^>]*>.*?</svg> to be checked by counsel', html)) == unchecked


def test_steps_that_follow_one_another_are_numbered(ana: Browser) -> None:
    html = ana.get("/guides/immediate-danger").text
    first_minute = html.partition('id="part-first-minute"')[2].partition("</section>")[0]
    assert "<ol><li>" in first_minute
    assert "<ol>" not in html.partition('id="part-do-not"')[2].partition("</section>")[0]


def test_the_mandate_begins_with_the_basis_of_the_visit(ana: Browser, visit: Visiting, shelf: Shelf) -> None:
    write_basis(visit, "npm")
    html = ana.get(f"/guides/mandate?visit={visit.visit_id}").text
    order = re.findall(r'id="part-(\w+)"', html)
    assert order == ["npm", "commissioner", "onk"]
    assert html.count("the basis of this visit") == 1
    assert f'href="{visit.url}/mandate"' in html
    assert re.findall(r'id="part-(\w+)"', ana.get("/guides/mandate").text) == ["commissioner", "npm", "onk"]


def write_basis(visit: Visiting, basis: str) -> None:
    with visit.node.database.write() as session:
        scope = f"visit:{visit.visit_id}"
        parents = visit.records().visit.heads
        journal.append(
            session, Draft("visit", visit.visit_id, scope, {"legal_basis": basis}, parents), PERSON_IDS["ana"]
        )


# ---- the page for the gate ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "institution", "day", "role"),
    [
        ("kk", "Алмалы полиция бөлімі", "22 қараша", "топ жетекшісі"),
        ("ru", "Алмалинский отдел полиции", "22 ноября 2026", "руководитель группы"),
        ("en", "Алмалинский отдел полиции", "November 22, 2026", "team lead"),
    ],
)
@pytest.mark.parametrize("basis", ["commissioner", "npm", "onk"])
def test_the_mandate_page_speaks_the_chosen_language(
    ana: Browser,
    visit: Visiting,
    shelf: Shelf,
    basis: str,
    language: str,
    institution: str,
    day: str,
    role: str,
) -> None:
    write_basis(visit, basis)
    html = ana.speak("en").get(f"{visit.url}/mandate?in={language}").text
    sheet = html.partition(f'<article class="mandate" lang="{language}"')[2].partition("</article>")[0]
    told = " ".join(read(sheet).split())
    part = next(one for one in guide(shelf, "mandate").parts if one.basis == basis)
    assert all(" ".join(step.in_(language).split()) in told for step in part.steps)
    assert institution in told and day in told and role in told
    assert told.index(person_name("ana")) < told.index(person_name("dana"))
    assert '<html lang="en"' in html  # the page around it stays the reader's


def test_the_mandate_page_is_in_the_readers_language_unless_another_is_chosen(ana: Browser, visit: Visiting) -> None:
    for asked in ("", "?in=", "?in=xx", "?in=русский"):
        assert 'class="mandate" lang="kk"' in ana.speak("kk").get(f"{visit.url}/mandate{asked}").text


def test_there_is_no_mandate_page_for_a_basis_that_no_guide_knows(ana: Browser, visit: Visiting) -> None:
    write_basis(visit, "parliament")
    assert ana.get(f"{visit.url}/mandate").status_code == 404
    assert ana.get(f"/guides/mandate?visit={visit.visit_id}").status_code == 200


# ---- the glossary ------------------------------------------------------------------------------------------------------


def terms_of(html: str) -> list[str]:
    return [unescape(term) for term in re.findall(r"<dt>(.*?)</dt>", html)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_glossary_is_in_the_readers_alphabet(ana: Browser, shelf: Shelf, language: str) -> None:
    shown = terms_of(ana.speak(language).get("/guides/glossary").text)
    assert sorted(shown) == sorted(term.term.in_(language) for term in guide(shelf, "glossary").terms)
    firsts = [term.casefold()[0] for term in shown]
    if language == "kk":
        places = [KAZAKH_ORDER.index(letter) for letter in firsts if letter in KAZAKH_ORDER]
        assert places == sorted(places) and firsts.index("ә") > firsts.index("а")


@pytest.mark.parametrize("typed", ["қорғаншылық", "корганшылык", "КОРҒАНШ", "попечитель", "guardianship"])
def test_a_word_is_found_in_any_language_and_without_a_kazakh_keyboard(ana: Browser, typed: str) -> None:
    shown = terms_of(ana.speak("kk").get("/guides/glossary", params={"search": typed}).text)
    assert any("қорғаншылық" in term for term in shown)
    assert len(shown) < 20


def test_a_search_shows_the_words_before_the_explanations(ana: Browser) -> None:
    shown = terms_of(ana.speak("kk").get("/guides/glossary", params={"search": "уакытша"}).text)
    fits = ["уақытша" in term for term in shown]
    assert True in fits and False in fits
    assert fits == sorted(fits, reverse=True)


def test_a_search_while_typing_brings_only_the_words(ana: Browser) -> None:
    reply = ana.get("/guides/glossary", params={"search": "advocate"}, headers={"HX-Request": "true"})
    assert reply.text.startswith('\n<div id="terms"') or reply.text.lstrip().startswith('<div id="terms"')
    assert "<html" not in reply.text and "advocate (defender)" in reply.text


def test_a_search_that_finds_nothing_says_what_to_do(ana: Browser) -> None:
    html = ana.get("/guides/glossary", params={"search": "<b>xyzzy"}).text
    assert "Try fewer letters" in html and "<b>xyzzy" not in html and "&lt;b&gt;xyzzy" in html


# ---- talks -------------------------------------------------------------------------------------------------------------


def test_scripts_stand_by_audience_and_age(ana: Browser, device: Node, shelf: Shelf) -> None:
    def like(name: str, **changes: object) -> Script:
        return SCRIPT.model_copy(update={"id": name, "title": Text(kk=name, ru=name, en=name), **changes})

    scripts = (
        like("a-parent", audience="parent", ages=None),
        like("b-old", ages=(15, 17)),
        like("c-easy", easy_language=True),
        like("d-guard", audience="staff", ages=None, role="guard"),
        like("e-young", ages=(4, 6)),
        like("f-head", audience="staff", ages=None, role="head"),
    )
    with_reference(device, shelf, scripts=scripts)
    told = read(ana.get("/interviews").text)
    wanted = ["Children", "e-young", "b-old", "Easy language", "c-easy", "Members of staff", "f-head", "d-guard"]
    places = [told.index(word) for word in (*wanted, "Parents", "a-parent")]
    assert places == sorted(places)
    assert "4–6 years · up to 25 minutes" in told


def test_every_script_of_the_library_opens(ana: Browser, scripted: Reference, visit: Visiting) -> None:
    for script in scripted.scripts:
        for query in ("", f"?visit={visit.visit_id}"):
            assert ana.get(f"/interviews/{script.id}{query}").status_code == 200, script.id


def test_words_to_say_are_there_in_every_language_and_the_rest_in_the_readers(
    ana: Browser, scripted: Reference
) -> None:
    html = ana.speak("kk").get(f"{AT}?in=ru").text
    for said in ("Сөйлескің келе ме", "Жарайды", "Не жақсы көресің", "Кеше не істедің", "Осымен тоқтайық"):
        for language in LANGUAGES:
            assert f'<span lang="{language}">{words(said)[language]}</span>' in html
    for read_only in ("Орын табыңыз", "Жылайды", "Тыңдаңыз", "Сұрамаңыз", "Қауіпті белгілеңіз", "Менің күнім"):
        assert read_only in html and f"{read_only} по-русски" not in html


@pytest.mark.parametrize(("asked", "chosen"), [("", "kk"), ("?in=ru", "ru"), ("?in=en", "en"), ("?in=xx", "kk")])
def test_the_switch_of_the_words_is_the_pages_own(ana: Browser, scripted: Reference, asked: str, chosen: str) -> None:
    html = ana.speak("kk").get(AT + asked).text
    assert re.findall(r'id="in-(\w\w)"[^>]* checked', html) == [chosen]
    assert '<html lang="kk"' in html and f"in-{chosen}" in html.partition("<body")[2].partition(">")[0]


def test_the_stop_words_are_one_tap_away_in_the_bar_at_the_foot(ana: Browser, scripted: Reference) -> None:
    html = ana.get(AT).text
    bar = html.partition('<footer class="thumb">')[2]
    assert 'href="#stop"' in bar and 'href="#disclosure"' in bar
    ids = re.findall(r'id="([\w-]+)"', html)
    for place in re.findall(r'href="#([\w-]+)"', html):
        assert place in ids, place


def test_the_title_says_nothing_to_an_onlooker(ana: Browser, scripted: Reference, visit: Visiting) -> None:
    title = re.search(r"<title>(.*?)</title>", ana.get(visit.url).text)
    assert title
    for path in (AT, "/interviews", "/guides/immediate-danger", f"{visit.url}/mandate"):
        assert f"<title>{title.group(1)}</title>" in ana.get(path).text, path


def test_answers_lead_to_their_cards_only_in_a_visit_that_asks_them(
    ana: Browser, scripted: Reference, visit: Visiting
) -> None:
    without = ana.get(AT).text
    assert "/sections/" not in without and "A question of another checklist" in without
    html = ana.get(f"{AT}?visit={visit.visit_id}").text
    assert f'href="{visit.url}/sections/cells#indicator-B1"' in html
    assert "#indicator-Z9" not in html and "A question of another checklist" in html


def test_a_script_from_a_visit_keeps_the_visit(ana: Browser, scripted: Reference, visit: Visiting) -> None:
    query = f"?visit={visit.visit_id}"
    assert f'href="{AT}{query}"' in ana.get(f"/interviews{query}").text
    html = ana.get(AT + query).text
    assert f'href="/interviews{query}"' in html and f'href="/guides/immediate-danger{query}"' in html


def test_the_reference_holds_the_question_of_every_indicator_that_a_script_names(shelf: Shelf) -> None:
    named = {name for one in shelf.reference.scripts for topic in one.topics for name in topic.indicators}
    assert named <= {one.indicator_id for one in shelf.reference.questions}


def test_what_is_for_the_team_alone_is_in_the_guide_and_not_on_the_page_for_the_gate(
    ana: Browser, shelf: Shelf, visit: Visiting
) -> None:
    part = next(one for one in guide(shelf, "mandate").parts if one.basis == "commissioner")
    assert part.team
    told, shown = read(ana.get("/guides/mandate").text), read(ana.get(f"/visits/{visit.visit_id}/mandate?in=en").text)
    assert all(one.en in told for one in part.team)
    assert not any(one.en in shown for one in part.team)
    assert all(one.en in shown for one in part.steps)
