"""Sample views of the pages that link a tablet, give its people passphrases, and recover one."""

from app.web.contexts import Choice, Problem, Suggestion
from app.web.enrolment import LinkPage, TabletPeoplePage
from app.web.new_passphrases import PersonToAsk
from app.web.own_passphrase import OwnPassphrasePage
from app.web.passphrases import PassphrasesPage
from app.web.recovery import NewPassphrasePage, RecoveryCard, RecoveryPage
from tests.web.samples import NOON

WORDS = Suggestion("алма бұлақ домбыра шаңырақ", "/passphrases")
PEOPLE = (PersonToAsk("-p1", "Әсел Үсенқызы", WORDS), PersonToAsk("-p2", "Қуаныш Сейітжанұлы", WORDS))
WEAK = Problem("passphrase-p1", "Құпия сөйлемде кемінде төрт сөз болуы керек.")
NOT_YOURS = Problem("own", "Бұл сіздің сөйлеміңіз емес.")
CHOICES = (
    Choice("p1", "Әсел Үсенқызы", False, "бар: ескісі енді ашпайды"),
    Choice("p2", "Қуаныш Сейітжанұлы", True, "әлі жоқ"),
)
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
        PassphrasesPage(CHOICES, ("Қуаныш Сейітжанұлы",), WORDS, False, True, ()),
        PassphrasesPage((), (), WORDS, True, False, ()),
        PassphrasesPage(CHOICES, (), WORDS, True, True, (NOT_YOURS, Problem("colleague", "Кімге?"))),
        PassphrasesPage(CHOICES, (), WORDS, True, True, (Problem("card-own", "Бұл сіздің сөйлеміңіз емес."),)),
    ),
    "passphrases/own.html": (
        OwnPassphrasePage(WORDS, "/passphrases", False, ()),
        OwnPassphrasePage(WORDS, "/", True, ()),
        OwnPassphrasePage(WORDS, "/", False, (NOT_YOURS,)),
    ),
    "recovery/page.html": (RecoveryPage(()), RecoveryPage((Problem("code", "Кодты тексеріңіз."),))),
    "recovery/person.html": (
        NewPassphrasePage("ABCD", CHOICES, WORDS, ()),
        NewPassphrasePage("ABCD", CHOICES, WORDS, (Problem("person", "Кімдікі?"), Problem("again", "Бірдей емес."))),
    ),
    "recovery/card.html": (
        RecoveryCard("7-планшет", "ABCD-EFGH", NOON, 4, "M0 0h1v1h-1z", "/sign-in"),
        RecoveryCard("7-планшет", "ABCD-EFGH", NOON, 4, "M0 0h1v1h-1z", "/passphrases"),
    ),
    "shared/_words.html": (WORDS,),
}
