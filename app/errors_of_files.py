"""Refusals of spreadsheets, of the policy file and of the library's files, as `app.errors` has the others."""

from typing import ClassVar

from app.errors import N_, AppError, NotThere, RefusedBecause


class CannotExport(AppError):
    status, code = 422, "cannot_export"
    sentence = N_("A spreadsheet form cannot say what stands at %(what)s. Change the name or the text there.")


class NotAWorkbook(RefusedBecause):
    """`why`: password, other, damaged, text."""

    status, code = 422, "not_a_workbook"
    sentences: ClassVar[dict[str, str]] = {
        "password": N_("The file has a password, or is an old .xls. Save it as .xlsx without a password."),
        "other": N_("This is no .xlsx file. Save the table as an Excel workbook (.xlsx)."),
        "damaged": N_("The .xlsx file is damaged. Save it anew from Excel or LibreOffice."),
        "text": N_("A text is too long for a cell, or has a sign that no cell can hold."),
    }


class OfficeMissing(AppError):
    status, code = 501, "office_missing"
    sentence = N_("Spreadsheets need one more part of Baqylau: install it with `pip install baqylau[office]`.")


class WouldOverwrite(AppError):
    status, code = 409, "would_overwrite"
    sentence = N_("%(path)s is there already, and nothing is overwritten. Name another place.")


class ChangesOthers(AppError):
    status, code = 409, "changes_others"
    sentence = N_(
        "Changed indicators cannot go into the library itself: %(names)s. Other checklists and earlier versions ask them too. "
        "Write to another folder with --to and merge by hand, or give the changed questions new ids."
    )


class NoSuchChecklist(NotThere):
    code = "no_such_checklist"
    sentence = N_("There is no checklist “%(id)s” in this version. There are: %(known)s.")


class WrongPolicy(RefusedBecause):
    """A policy file under which nothing starts. `why`: unreadable, line, unknown, value, looser, sound."""

    status, code = 500, "wrong_policy"
    sentences: ClassVar[dict[str, str]] = {
        "unreadable": N_("The policy file %(file)s cannot be read. Name the right one, or take the setting away."),
        "line": N_("The policy file %(file)s has a mistake in line %(line)s. A rule is written as: name = value"),
        "unknown": N_("The policy file %(file)s has no rule to make of “%(key)s”. There are: %(known)s."),
        "value": N_("The policy file %(file)s says %(key)s = %(value)s. It may be: %(allowed)s."),
        "looser": N_(
            "The policy file %(file)s says %(key)s = %(value)s, but here %(name)s=%(own)s is set. A setting may only be "
            "stricter than the policy. Take it away, or have the policy changed."
        ),
        "sound": N_(
            "The policy file %(file)s wants sound to be recorded. This program records none. Take the line away, or write: "
            "recording = false"
        ),
    }
