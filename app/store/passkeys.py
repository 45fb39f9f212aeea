"""Passkeys (WebAuthn level 2) through py_webauthn: what the browser is asked, and whether its answer holds.

No attestation is asked for: which make of key somebody carries is not the office's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)


class NotGenuine(ValueError):
    """An answer that no passkey gave to this challenge, for this office, at this address."""


@dataclass(frozen=True)
class Place:
    """Where passkeys count: `domain` ("office.example") and the browser's `origin` ("https://office.example")."""

    domain: str
    origin: str


@dataclass(frozen=True)
class Made:
    """A new passkey's public half."""

    credential_id: str
    public_key: bytes
    sign_count: int


def creation_options(place: Place, challenge: bytes, person_id: str, name: str, known: Sequence[str]) -> str:
    """What `navigator.credentials.create` is given, as JSON. `known`: passkeys that the person has already."""
    options = webauthn.generate_registration_options(
        rp_id=place.domain,
        rp_name=place.domain,
        user_id=person_id.encode(),
        user_name=name,
        challenge=challenge,
        exclude_credentials=_descriptors(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )
    return webauthn.options_to_json(options)


def request_options(place: Place, challenge: bytes, known: Sequence[str], must_verify: bool) -> str:
    """What `navigator.credentials.get` is given. `must_verify`: the key itself asks for finger, face or PIN."""
    wanted = UserVerificationRequirement.REQUIRED if must_verify else UserVerificationRequirement.PREFERRED
    options = webauthn.generate_authentication_options(
        rp_id=place.domain, challenge=challenge, allow_credentials=_descriptors(known), user_verification=wanted
    )
    return webauthn.options_to_json(options)


def made(place: Place, challenge: bytes, answer: str) -> Made:
    """The passkey that an answer of the browser makes known. Raises NotGenuine."""
    try:
        found = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.domain,
            expected_origin=place.origin,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise NotGenuine from error
    return Made(bytes_to_base64url(found.credential_id), found.credential_public_key, found.sign_count)


def credential_in(answer: str) -> tuple[str, str]:
    """(which passkey an answer claims to be of, whom the key names as its owner; "" for nobody). Raises NotGenuine."""
    try:
        found = parse_authentication_credential_json(answer)
        return found.id, (found.response.user_handle or b"").decode()
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise NotGenuine from error


def used(place: Place, challenge: bytes, answer: str, kept: Made, must_verify: bool) -> int:
    """Checks a use of a passkey; returns its new count. Raises NotGenuine, also for a count that does not go up."""
    try:
        found = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.domain,
            expected_origin=place.origin,
            credential_public_key=kept.public_key,
            credential_current_sign_count=kept.sign_count,
            require_user_verification=must_verify,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise NotGenuine from error
    return found.new_sign_count


def _descriptors(known: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in known]
