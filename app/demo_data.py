"""What the demo invents: people, institutions and what a team might note. Every name is marked as a sample."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MARK_KK, MARK_RU = "(үлгі)", "(образец)"
ON_DEVICE: Final = ("aigerim", "daniyar", "elena")  # who has a key slot on the demo tablet
DEVICE_NAME: Final = "Планшет 1 (үлгі)"


@dataclass(frozen=True)
class SamplePerson:
    """An invented person. `accredited_days`: until how many days from today; `trained_days`: how many days ago."""

    sign_in: str
    name: str
    roles: tuple[str, ...]
    organisation: str
    passphrase: str
    language: str = "kk"
    accredited_days: int = 365
    trained_days: int = 60


PEOPLE: Final = (
    SamplePerson(
        "saule",
        f"Сәуле Әбдірова {MARK_KK}",
        ("administrator",),
        f"Омбудсмен кеңсесі {MARK_KK}",
        "қоян жұлдыз өзен дала",
    ),
    SamplePerson(
        "aigerim",
        f"Айгерім Нұрланова {MARK_KK}",
        ("team_lead", "monitor"),
        f"«Бала құқығы» қоры {MARK_KK}",
        "көктем бұлақ жылқы таулар",
    ),
    SamplePerson(
        "daniyar",
        f"Данияр Оспанов {MARK_KK}",
        ("monitor",),
        f"Общественный фонд «Опора» {MARK_RU}",
        "лампа дерево облако река",
        "ru",
        accredited_days=25,
        trained_days=410,
    ),
    SamplePerson(
        "elena",
        f"Елена Соколова {MARK_KK}",
        ("monitor",),
        f"Детский психолог, частная практика {MARK_RU}",
        "river lantern apple cloud",
        "ru",
        trained_days=12,
    ),
    SamplePerson(
        "marat", f"Марат Жүнісов {MARK_KK}", ("reviewer",), f"Омбудсмен кеңсесі {MARK_KK}", "алма қалам мысық терезе"
    ),
    SamplePerson(
        "olga", f"Ольга Ким {MARK_KK}", ("reviewer",), f"Офис омбудсмена {MARK_RU}", "сосна книга ветер окно", "ru"
    ),
    SamplePerson(
        "dina", f"Дина Ахметова {MARK_KK}", ("trainer",), f"Омбудсмен кеңсесі {MARK_KK}", "paper candle garden stone"
    ),
)


@dataclass(frozen=True)
class SampleInstitution:
    """An invented institution; `key` names it in the story."""

    key: str
    name_kk: str
    name_ru: str
    type: str
    region: str
    place: str
    parent_body: str
    capacity: int

    def typed(self) -> dict[str, str]:
        """As it would be typed into the form."""
        return {
            "name_kk": f"{self.name_kk} {MARK_KK}",
            "name_ru": f"{self.name_ru} {MARK_RU}",
            "type": self.type,
            "region": self.region,
            "place": self.place,
            "parent_body": self.parent_body,
            "capacity": str(self.capacity),
            "address": f"Үлгі көшесі, {self.capacity}",
            "contacts": "+7 000 000 00 00",
        }


INSTITUTIONS: Final = (
    SampleInstitution(
        "koktem",
        "«Көктем» уақытша ұстау изоляторы",
        "Изолятор временного содержания «Коктем»",
        "ivs",
        "almaty",
        "Алматы",
        "ІІМ",
        24,
    ),
    SampleInstitution(
        "bulak", "«Бұлақ» полиция бөлімі", "Отдел полиции «Булак»", "police_station", "astana", "Астана", "ІІМ", 12
    ),
    SampleInstitution(
        "arai", "«Арай» полиция бөлімі", "Отдел полиции «Арай»", "police_station", "karaganda", "Қарағанды", "ІІМ", 10
    ),
    SampleInstitution(
        "jailau",
        "«Жайлау» уақытша ұстау изоляторы",
        "Изолятор временного содержания «Жайлау»",
        "ivs",
        "shymkent",
        "Шымкент",
        "ІІМ",
        30,
    ),
    SampleInstitution(
        "tengiz", "«Теңіз» полиция бөлімі", "Отдел полиции «Тениз»", "police_station", "atyrau", "Атырау", "ІІМ", 8
    ),
    SampleInstitution(
        "samal",
        "«Самал» тергеу изоляторы",
        "Следственный изолятор «Самал»",
        "remand_centre",
        "akmola",
        "Көкшетау",
        "ІІМ ҚАЖК",
        120,
    ),
    SampleInstitution(
        "tan",
        "«Таң» кәмелетке толмағандар колониясы",
        "Колония для несовершеннолетних «Тан»",
        "juvenile_colony",
        "almaty_region",
        "Қонаев",
        "ІІМ ҚАЖК",
        90,
    ),
    SampleInstitution(
        "qairat",
        "«Қайрат» арнаулы мектебі",
        "Специальная школа «Кайрат»",
        "special_school",
        "east",
        "Өскемен",
        "Оқу-ағарту министрлігі",
        60,
    ),
    SampleInstitution(
        "pana",
        "«Пана» бейімдеу орталығы",
        "Центр адаптации «Пана»",
        "adaptation_centre",
        "pavlodar",
        "Павлодар",
        "Білім басқармасы",
        40,
    ),
    SampleInstitution(
        "aqbota",
        "«Ақбота» мектеп-интернаты",
        "Школа-интернат «Акбота»",
        "boarding_school",
        "turkistan",
        "Түркістан",
        "Білім басқармасы",
        150,
    ),
    SampleInstitution(
        "baldyrgan",
        "«Балдырған» сәбилер үйі",
        "Дом ребёнка «Балдырган»",
        "infant_home",
        "aktobe",
        "Ақтөбе",
        "Денсаулық сақтау басқармасы",
        45,
    ),
    SampleInstitution(
        "meiirim",
        "«Мейірім» медициналық-әлеуметтік мекемесі",
        "Медико-социальное учреждение «Мейирим»",
        "medical_social",
        "kostanay",
        "Қостанай",
        "Еңбек министрлігі",
        110,
    ),
    SampleInstitution(
        "qamqor",
        "«Қамқор» дағдарыс орталығы",
        "Кризисный центр «Камкор»",
        "crisis_centre",
        "mangystau",
        "Ақтау",
        "Еңбек министрлігі",
        25,
    ),
)


# As typed into the form of contacts: kind, name, hours. Nobody answers at this number.
CONTACTS: Final = tuple(
    {"region": "almaty", "what": what, "name": f"{name} {MARK_KK}", "phone": "+7 000 000 00 00", "hours": hours}
    for what, name, hours in (
        ("ombudsman", "Бала құқықтары жөніндегі уәкілдің кезекші желісі", "тәулік бойы"),
        ("procurator", "Алматы қаласы прокуратурасының кезекшісі", "тәулік бойы"),
        ("psychologist", "Балалар психологы, дағдарыс орталығы", "дүйсенбі–жұма, 9:00–18:00"),
        ("hospital", "Балалар ауруханасының қабылдау бөлімі", "тәулік бойы"),
    )
)

Typed = Mapping[str, str]
SEEN: Final[Typed] = {"source.observation": "on", "confidence": "medium"}
READ: Final[Typed] = {"source.records": "on", "confidence": "medium"}
TOLD: Final[Typed] = {"source.child": "on", "confidence": "low"}
SEEN_AND_TOLD: Final[Typed] = {"source.observation": "on", "source.child": "on", "confidence": "high"}

# What is noted where nothing else is said below: an answer is "yes", seen by the team.
NOTED: Final[Mapping[str, Typed]] = {
    "P1": {
        "field.received_by": "Ауысым бастығы",
        "field.access": "Кідіріссіз кіргізді, барлық бөлмені көрсетті.",
        "field.unusual": "Ерекше ештеңе болған жоқ.",
    },
    "P2": {
        "field.capacity": "24",
        "field.present": "9",
        "field.girls": "2",
        "field.boys": "7",
        "field.under_14": "0",
        "field.age_14_15": "3",
        "field.age_16_17": "6",
        "field.disability": "1",
        "field.foreign": "0",
        "field.in_isolation": "0",
        "field.in_hospital": "0",
        "field.absent": "1",
        "field.not_suspect": "2",
        **READ,
    },
    "P3": {
        "field.deaths": "0",
        "field.suicide_attempts": "0",
        "field.force_used": "4",
        "field.runaways": "1",
        "field.complaints": "3",
        **READ,
    },
    "P4": {"field.median_days": "2", "field.longest_days": "9", "method.median_days": "records", **READ},
    "P5": {"field.rooms_seen": "14", "field.rooms_not_seen": "0"},
    "P6": {"field.talked": "6", "field.talked.of": "9", "field.refused": "1", "field.chosen_by_us": "6"},
    "P7": {"field.flags": "0"},
    "I9": {"value": "yes", "field.refused_rooms": "0", "field.refused_files": "0", **SEEN},
    "A1": {"value": "partly", "field.valid_files": "7", "field.valid_files.of": "8", **READ},
    "A15": {"value": "yes", "field.children": "2", "field.longest_hours": "3", "field.cared_by": "care_worker", **READ},
    "A2": {"value": "yes", "field.hours": "19", "method.hours": "records", "field.ground_72": "none", **READ},
    "A4": {"value": "partly", "field.hours": "4.5", "field.certificate": "not_given", **READ},
    "A8": {"value": "yes", "field.longest_session": "95", "field.day_total": "160", **READ},
    "A10": {"value": "yes", "field.minutes": "40", "field.told_whom": "parent", **READ},
    "N2": {"field.complete_files": "6", "field.complete_files.of": "8", **READ},
    "C1": {"field.area": "16.4", "field.children": "4", "method.area": "laser", "source.measurement": "on"},
    "C2": {"value": "yes", "field.capacity": "24", "field.present": "9", **SEEN},
    "C4": {
        "value": "yes",
        "field.temperature": "20.5",
        "method.temperature": "instrument",
        "field.measured_at": "11:20",
    },
    "C5": {"value": "partly", "field.illuminance": "140", "method.illuminance": "instrument", **SEEN},
    "C6": {"value": "yes", "field.toilets": "3", "field.children": "9", **SEEN},
    "C7": {"value": "partly", "field.showers_per_week": "1", **TOLD},
    "C9": {"value": "yes", "field.meals_per_day": "3", **SEEN_AND_TOLD},
    "C14": {"value": "yes", "field.children_in_room": "4", **SEEN},
    "C15": {"field.width": "2.6", "field.height": "2.9", "method.width": "laser", "source.measurement": "on"},
    "E1": {"value": "yes", "field.hours_to_exam": "3", **READ},
    "E4": {"value": "yes", "field.minutes_to_call": "5", "field.minutes_to_hospital": "35", **READ},
    "E6": {"field.psychologist_hours": "20", "field.children": "9", **READ},
    "E9": {"value": "yes", "field.self_harm": "0", "field.suicide_attempts": "0", "field.deaths": "0", **READ},
    "F1": {"value": "yes", "field.frequency": "never", **TOLD},
    "F2": {"value": "yes", "field.frequency": "never", **TOLD},
    "F4": {"value": "yes", "field.isolated_minors": "0", **READ},
    "G7": {
        "field.sanctions_total": "5",
        "field.reprimands": "4",
        "field.isolations": "0",
        "field.other_sanctions": "1",
        "field.children_held": "118",
        **READ,
    },
    "H1": {"value": "partly", "field.visited": "4", "field.visited.of": "9", **READ},
    "H4": {"value": "yes", "field.contacts_per_week": "2", "field.who_pays": "free", **TOLD},
    "J1": {
        "field.children_day": "9",
        "field.carers_day": "2",
        "field.children_night": "9",
        "field.carers_night": "1",
        **READ,
    },
    "J2": {"field.checked": "11", "field.checked.of": "14", **READ},
    "J3": {"value": "no", "field.trained": "3", "field.trained.of": "14", **READ},
    "J5": {
        "field.vacant": "3",
        "field.vacant.of": "17",
        "field.left": "2",
        "field.left.of": "17",
        "field.longest_shift": "24",
        **READ,
    },
    "J4": {"value": "not_seen", "reason": "Түнгі ауысымда болған жоқпыз."},
    "K2": {"value": "not_applicable", "reason": "Жүкті қыз да, баласы бар ана да жоқ."},
    "K3": {"value": "not_applicable", "reason": "Сәби жоқ."},
    "K7": {"value": "not_applicable", "reason": "Шетелдік бала жоқ."},
    "M4": {"field.named_adult": "4", "field.named_adult.of": "6", **TOLD},
    "M5": {"value": "yes", "field.safe_day": "s4", "field.safe_night": "s4", **TOLD},
    "M8": {"field.named_three_rights": "2", "field.named_three_rights.of": "6", **TOLD},
    "D1": {"value": "partly", "field.hours_out": "5", **TOLD},
    "D2": {"field.hours_outdoors": "1", "field.activity": "walking", **TOLD},
    "D3": {"value": "no", "field.hours_per_week": "0", "note": "Оқыту ұйымдастырылмаған.", **SEEN_AND_TOLD},
    "D11": {"field.sleep_hours": "8", "field.night_procedures": "none", **TOLD},
    "I1": {"field.know_route": "3", "field.know_route.of": "6", **TOLD},
    "O7": {"field.longest_days": "9", "field.children_over_30_days": "0", **READ},
    "O8": {"value": "not_applicable", "reason": "Қабылдау-тарату орны емес."},
    "B8": {"field.not_separated": "2", "field.not_separated.of": "118", **READ},
    "I6": {
        "field.prosecutor_visits": "12",
        "field.npm_visits": "1",
        "field.commission_visits": "2",
        "field.ombudsman_visits": "0",
        "field.last_visit": "2026-08-14",
        **READ,
    },
    "I7": {"field.done": "3", "field.done.of": "5", **READ},
    "L7": {"value": "not_seen", "reason": "Есеп жүргізілмейді, тексеру мүмкін болмады."},
}

# The visit that is being carried out: what stands out in it, beside NOTED.
STANDING_OUT: Final[Mapping[str, Typed]] = {
    "A12": {
        "value": "no",
        "note": "Памятки только на русском, в камерах их нет. Дети о правах не знают.",
        "flagged": "on",
        "severity": "3",
        **SEEN_AND_TOLD,
    },
    "C12": {
        "value": "no",
        "note": "Өрт шығатын есік құлыпталған, кілт түнде ғимаратта жоқ. Бастыққа сол жерде айтылды.",
        "flagged": "on",
        "severity": "danger",
        "source.observation": "on",
        "source.staff": "on",
        "confidence": "high",
    },
    "I5": {"value": "partly", "note": "Прокурордың нөмірі бар, омбудсмендікі жоқ.", **SEEN},
    "J8": {"value": "not_seen", "reason": "Кезек ауысып жатты."},
}
# Two rooms: the first is below both measures, the second keeps the national one only.
ROOMS: Final = (
    (
        "Камера 3",
        {
            "C1": {"field.area": "14.2", "field.children": "6", "method.area": "laser", "source.measurement": "on"},
            "C4": {"value": "no", "field.temperature": "15.5", "method.temperature": "instrument", **SEEN},
            "C14": {"value": "partly", "field.children_in_room": "6", **SEEN},
        },
    ),
    (
        "Камера 5",
        {
            "C1": {"field.area": "9.6", "field.children": "3", "method.area": "tape", "source.measurement": "on"},
            "C4": {"value": "yes", "field.temperature": "19.0", "method.temperature": "instrument", **SEEN},
        },
    ),
)
STARTED_SECTIONS: Final = ("facts", "gate", "registers", "files", "cells", "rooms")  # of the visit being carried out
LEFT_OPEN: Final = ("P4", "P6", "N3", "M1", "A8", "A9", "M7")  # in those sections, so that something is left to do
