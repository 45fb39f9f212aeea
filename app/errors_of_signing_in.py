"""Refusals about the second step of signing in at central, and about the ways into it; see `errors.py`."""

from app.errors import N_, AppError


class WrongCode(AppError):
    status, code = 401, "wrong_code"
    sentence = N_("This code does not fit, or it was used before. Wait for the next one and type that.")


class WrongPasskey(AppError):
    status, code = 401, "wrong_passkey"
    sentence = N_("This passkey was not accepted. Try again, or sign in another way.")


class StepOver(AppError):
    status, code = 401, "step_over"
    sentence = N_("That took too long, or it was done already. Sign in anew.")


class SignInTooOld(AppError):
    status, code = 403, "sign_in_too_old"
    sentence = N_("To change how you sign in, sign out, sign in again and do it within ten minutes.")


class NotLinked(AppError):
    status, code = 401, "not_linked"
    sentence = N_("Nobody here is linked to this office sign-in. Ask the administrator to link it.")


class NotFromOffice(AppError):
    status, code = 401, "not_from_office"
    sentence = N_("The office's own sign-in did not answer as it should. Try again, or use name and passphrase.")
