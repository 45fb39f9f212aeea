"""Files of sealed bundles that a browser brings: read one at a time, in the order in which they build on each other."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.errors import AppError, BundleRefused, InvalidInput
from app.sync import bundles
from app.sync.wire import MAX_MESSAGE_BYTES
from app.web.bundle_contexts import BroughtFile
from app.web.language import Speech

LONGEST_NAME: Final = 80
Bring = Callable[[bytes], BroughtFile]


class SealedFiles(MultiPartParser):
    """Unlike a photo, a bundle may wait on the disk: it is as sealed as it came."""

    spool_max_size = 2**20


async def posted_bundles(request: Request) -> AsyncIterator[list[UploadFile]]:
    """The files of the form, of which memory holds the beginnings. What is no form has none."""
    try:
        form = await SealedFiles(request.headers, request.stream()).parse()
    except (MultiPartException, KeyError):  # KeyError: it does not say of what type it is
        form = FormData()
    try:
        yield [one for one in form.getlist("file") if isinstance(one, UploadFile) and one.filename]
    finally:
        await form.close()


# Stands after the person in a signature: of somebody who may not bring anything, nothing is read.
PostedBundles = Annotated[list[UploadFile], Depends(posted_bundles)]


def brought(speech: Speech, files: Sequence[UploadFile], bring: Bring) -> tuple[BroughtFile, ...]:
    """What came of each file. One that is refused holds up no other. Raises InvalidInput when there are none."""
    if not files:
        raise InvalidInput("Choose the files of a bundle first.", "file")
    in_order = sorted(files, key=lambda file: bundles.place_in_order(_head(file)))
    return tuple(_brought(speech, file, bring) for file in in_order)


def _head(file: UploadFile) -> bytes:
    head = file.file.read(bundles.HEAD_BYTES)
    file.file.seek(0)
    return head


def _brought(speech: Speech, file: UploadFile, bring: Bring) -> BroughtFile:
    name = (file.filename or "")[-LONGEST_NAME:]
    try:
        data = file.file.read(MAX_MESSAGE_BYTES + 1)
        if len(data) > MAX_MESSAGE_BYTES:
            raise BundleRefused("other")  # no tablet writes such a long one
        told = bring(data)
    except AppError as error:
        return BroughtFile(name, False, speech.say(error.sentence, **error.params))
    return BroughtFile(name, told.is_taken, told.text, told.notes)
