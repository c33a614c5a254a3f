"""The provider of logins, seen through the client that Streamlit takes."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
from authlib.integrations.httpx_client import OAuth2Client, OAuthError
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from .openid import CLIENT, CLIENT_SECRET, Login, OpenIdProvider, Refusal

BACK = "http://127.0.0.1:1/oauth2callback"
VERIFIER = "v" * 43


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    with OpenIdProvider(Login("ada", {"name": "Ada"})) as running:
        yield running


def client(secret: str = CLIENT_SECRET, back: str = BACK) -> OAuth2Client:
    return OAuth2Client(CLIENT, secret, redirect_uri=back, code_challenge_method="S256")


def sent_back(provider: OpenIdProvider) -> str:
    """Where a browser is sent that came to log in."""
    with client() as asked:
        url, _ = asked.create_authorization_url(
            provider.metadata()["authorization_endpoint"],
            code_verifier=VERIFIER,
            nonce="once",
            state="here",
        )
        return str(asked.request("GET", url, withhold_token=True).headers["location"])


def exchange(provider: OpenIdProvider, place: str, by: OAuth2Client, verifier: str) -> str:
    with by:
        tokens = by.fetch_token(
            f"{provider.issuer}/token", authorization_response=place, code_verifier=verifier
        )
    return str(tokens["id_token"])


def test_a_code_is_good_for_one_signed_token(provider: OpenIdProvider) -> None:
    place = sent_back(provider)
    assert place.startswith(f"{BACK}?")
    assert parse_qs(urlsplit(place).query)["state"] == ["here"]
    token = exchange(provider, place, client(), VERIFIER)
    with urlopen(provider.metadata()["jwks_uri"]) as answer:
        keys = KeySet.import_key_set(json.load(answer))
    claims = jwt.decode(token, keys, algorithms=["RS256"]).claims
    assert (claims["iss"], claims["aud"]) == (provider.issuer, CLIENT)
    assert (claims["sub"], claims["name"], claims["nonce"]) == ("ada", "Ada", "once")
    with pytest.raises(OAuthError, match="invalid_grant"):
        exchange(provider, place, client(), VERIFIER)
    provider.answer = Login("ada", forged=True)
    token = exchange(provider, sent_back(provider), client(), VERIFIER)
    with pytest.raises(BadSignatureError):
        jwt.decode(token, keys, algorithms=["RS256"])


@pytest.mark.parametrize(
    ("other", "verifier"),
    [
        ({"secret": "guessed"}, VERIFIER),
        ({}, "w" * 43),
        ({"back": "http://127.0.0.1:1/elsewhere"}, VERIFIER),
    ],
    ids=["secret", "verifier", "redirect_uri"],
)
def test_a_code_is_good_for_its_client_alone(
    provider: OpenIdProvider, other: dict[str, str], verifier: str
) -> None:
    place = sent_back(provider)
    with pytest.raises(OAuthError, match="invalid_grant"):
        exchange(provider, place, client(**other), verifier)


def test_a_refusal_brings_no_code(provider: OpenIdProvider) -> None:
    provider.answer = Refusal()
    given = parse_qs(urlsplit(sent_back(provider)).query)
    assert given["error"] == ["access_denied"]
    assert "code" not in given
