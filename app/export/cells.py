"""The cells of one row as the kinds of value a checklist is made of; what cannot be one is a remark with its place."""

from collections.abc import Iterator
from typing import Final

from app.domain.checklist import LANGUAGES
from app.domain.problem import N_
from app.export.workbook import Place, Remark, Row, heads
from app.export.xlsx import FORMULA, Odd

A_FORMULA: Final = N_("There is a formula. Put its result here as a value.")
NOT_PLAIN: Final = N_("“%(value)s” is a date or something else that is no plain text. Format the cell as text.")
NUMBER_AS_TEXT: Final = N_("“%(value)s” is written as text. Type it as a number.")
NUMBER_FOR_TEXT: Final = N_("A number stands where a text is wanted. Format the cell as text.")
NOT_YES_OR_NO: Final = N_("“%(value)s” is neither yes nor no.")
NO_TRANSLATION: Final = N_("The text is missing in this language.")
EMPTY: Final = N_("This cell may not be empty.")


class Cells:
    """One row; remarks are added to the list that is handed in."""

    def __init__(self, sheet: str, row: Row, remarks: list[Remark]) -> None:
        self.sheet, self.row, self.remarks = sheet, row, remarks

    def place(self, column: str = "") -> Place:
        return Place(self.sheet, self.row.number, column)

    def refuse(self, column: str, sentence: str, **params: str | int) -> None:
        self.remarks.append(Remark(self.place(column), sentence, params))

    def text(self, column: str) -> str | None:
        """A text; whole numbers are texts too, because a spreadsheet program makes 2 of a typed “2”."""
        value = self.row.cells.get(column)
        if isinstance(value, Odd):
            is_formula = value.startswith(FORMULA)
            self.refuse(column, A_FORMULA if is_formula else NOT_PLAIN, **({} if is_formula else {"value": value}))
            return None
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool) or value != int(value):
            self.refuse(column, NUMBER_FOR_TEXT)
            return None
        return str(int(value))

    def word(self, column: str, *, is_needed: bool = False) -> str:
        """An id or a code, without spaces around it; empty for none."""
        found = (self.text(column) or "").strip()
        if is_needed and not found:
            self._refuse_once(column, EMPTY)
        return found

    def words(self, column: str) -> list[str]:
        """Ids or codes with spaces, commas or line ends between them."""
        return (self.text(column) or "").replace(",", " ").split()

    def number(self, column: str) -> int | float | None:
        value = self.row.cells.get(column)
        if isinstance(value, bool | str) and not isinstance(value, Odd):
            self.refuse(column, NUMBER_AS_TEXT, value=str(value))
            return None
        if isinstance(value, Odd):
            self.text(column)
            return None
        return value

    def is_yes(self, column: str) -> bool:
        """yes or no; an empty cell is no. A spreadsheet program may have made TRUE of it."""
        value = self.row.cells.get(column)
        if isinstance(value, bool):
            return value
        said = self.word(column).lower()
        if said not in ("", "yes", "no"):
            self.refuse(column, NOT_YES_OR_NO, value=said)
        return said == "yes"

    def texts(self, name: str, *, is_needed: bool = True) -> dict[str, str] | None:
        """A text in three languages. None, without a remark, when none is needed and all three cells are empty."""
        columns = dict(zip(LANGUAGES, heads(name), strict=True))
        said = {language: self.text(column) for language, column in columns.items()}
        if not is_needed and not any(said.values()):
            return None
        for language, column in columns.items():
            if said[language] is None:
                self._refuse_once(column, NO_TRANSLATION)
        return {language: text for language, text in said.items() if text is not None}

    def text_places(self, name: str) -> Iterator[tuple[str, Place]]:
        """The cell of each language."""
        for language, column in zip(LANGUAGES, heads(name), strict=True):
            yield language, self.place(column)

    def _refuse_once(self, column: str, sentence: str) -> None:
        """Not beside what has been said of the cell already: a formula is no missing translation."""
        if all(remark.place != self.place(column) for remark in self.remarks[-3:]):
            self.refuse(column, sentence)
