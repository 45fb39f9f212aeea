"""Refusals that speak of keys: the computer's own part of them, and the recovery card."""

from app.errors import N_, AppError


class KeystoreSilent(AppError):
    """The secret that the slots need beside a passphrase cannot be had."""

    status, code = 409, "keystore_silent"
    sentence = N_(
        "The keystore of this computer does not give out its part of the key. Sign in to the computer as usual, then try "
        "again. If the computer was set up anew, the recovery card opens this tablet."
    )


class WrongCard(AppError):
    status, code = 401, "wrong_card"
    sentence = N_("This is not the recovery card of this tablet, or a newer one was made since. Ask for the newest.")


class MistypedCard(AppError):
    """Seen by the last two letters of the code: no try was made."""

    status, code = 422, "mistyped_card"
    sentence = N_("One of the letters is not right. Compare the code with the card. Nothing was tried yet.")
