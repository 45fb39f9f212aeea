"""Sample views of the pages that link a tablet and give its people passphrases."""

from app.web.contexts import Choice, Problem
from app.web.enrolment import LinkPage, TabletPeoplePage
from app.web.new_passphrases import PersonToAsk
from app.web.passphrases import PassphrasesPage

PEOPLE = (PersonToAsk("-p1", "Әсел Үсенқызы"), PersonToAsk("-p2", "Қуаныш Сейітжанұлы"))
WEAK = Problem("passphrase-p1", "Құпия сөйлемде кемінде төрт сөз болуы керек.")
CHOICES = (Choice("p1", "Әсел Үсенқызы", False), Choice("p2", "Қуаныш Сейітжанұлы", True))
ENROLMENT = {
    "enrol/page.html": (
        LinkPage("/enrol", True, "", "", "", ()),
        LinkPage("/enrol", True, "", "", "Код пайдаланылып қойды.", ()),
        LinkPage("/enrol/again", False, "https://x", "ABCD", "", (Problem("code", "Кодты тексеріңіз."),)),
    ),
    "enrol/people.html": (
        TabletPeoplePage("7-планшет", PEOPLE, ()),
        TabletPeoplePage("7-планшет", PEOPLE, (WEAK, Problem("again-p2", "Екеуі бірдей емес."))),
        TabletPeoplePage("7-планшет", PEOPLE, (Problem("people", "Кемінде бір адам керек."),)),
    ),
    "passphrases/page.html": (
        PassphrasesPage(CHOICES, ("Дана Қуанова",), True, ()),
        PassphrasesPage((), ("Дана Қуанова",), False, ()),
        PassphrasesPage(
            CHOICES, (), True, (Problem("own", "Бұл сіздің сөйлеміңіз емес."), Problem("colleague", "Кімге?"))
        ),
    ),
}
