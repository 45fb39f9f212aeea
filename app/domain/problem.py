"""An expected "no" to something typed: a value, not an exception."""

import dataclasses
from collections.abc import Mapping


def N_(message: str) -> str:
    """Marks a sentence for translation. The twin of `errors.N_`, which this ring does not see."""
    return message


@dataclasses.dataclass(frozen=True)
class Problem:
    """Why something typed was not taken. `field` is the name it was posted under, `sentence` a message id for `params`.

    Numbers in `params` are bare: the web ring writes them in the reader's language before it fills them in.
    """

    field: str
    sentence: str
    params: Mapping[str, str | int | float] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence % self.params if self.params else self.sentence
