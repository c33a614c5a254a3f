"""An OpenID provider that lets in whom a test says, for logging in to the page.

It is a first-class fake: real sockets, the discovery document, codes that are good for one
exchange, PKCE, a token signed with RS256 under a published key, so that the page's own client is
tested and not replaced.

    with OpenIdProvider() as provider:
        secrets.write_text(provider.secrets())  # as .streamlit/secrets.toml
        provider.answer = Login("ada", {"name": "Ada"})
        ...  # log in
        provider.answer = Refusal()
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, TypeAlias
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

__all__ = ["Answer", "Login", "OpenIdProvider", "Refusal"]

CLIENT, CLIENT_SECRET = "dossier-under-test", "a secret between the two"
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who is let in, by the provider's name for him, and more claims about him.

    With `forged` the token that says so is signed with a key that the provider has not published.
    """

    sub: str
    claims: dict[str, Any] = field(default_factory=dict)
    forged: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nobody is let in; `error` is the protocol's word for why."""

    error: str = "access_denied"


Answer: TypeAlias = Login | Refusal


@dataclass(frozen=True, slots=True)
class _Code:
    """What a code that was given out is good for."""

    login: Login
    redirect_uri: str
    nonce: str
    challenge: str


class OpenIdProvider:
    """The provider, running for the length of a `with` block. Safe to use from any thread.

    `asked` are the paths that were asked for, oldest first.
    """

    def __init__(self, answer: Answer | None = None) -> None:
        self.answer: Answer = answer or Refusal()
        self.asked: list[str] = []
        self._key = RSAKey.generate_key(2048, auto_kid=True)
        self._stranger = RSAKey.generate_key(2048, parameters={"kid": str(self._key.kid)})
        self._codes: dict[str, _Code] = {}
        self._lock = threading.Lock()
        self._http: _Http | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._http = _Http(self)
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(_POLL_SECONDS,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._http and self._thread:
            self._http.shutdown()
            self._http.server_close()
            self._thread.join(2)

    @property
    def issuer(self) -> str:
        """Its address, which is its name too."""
        if self._http is None:
            raise RuntimeError("the provider runs only inside its with block")
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def secrets(self, redirect_uri: str = "http://127.0.0.1:{port}/oauth2callback") -> str:
        """What the page's secrets.toml has to say; Streamlit puts its port into the address."""
        section = {
            "redirect_uri": redirect_uri,
            "cookie_secret": secrets.token_urlsafe(32),
            "client_id": CLIENT,
            "client_secret": CLIENT_SECRET,
            "server_metadata_url": f"{self.issuer}/.well-known/openid-configuration",
        }
        lines = [f"{key} = {json.dumps(value)}" for key, value in section.items()]
        return "\n".join(["[auth]", *lines, ""])

    def metadata(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/leave",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def keys(self) -> dict[str, Any]:
        """What its tokens are checked with."""
        return {"keys": [self._key.as_dict(private=False, use="sig", alg="RS256")]}

    def authorize(self, given: dict[str, str]) -> str:
        """Where a browser that came to log in is sent: straight back, with the answer."""
        back = {"state": given.get("state", "")}
        match self.answer:
            case Refusal(error):
                back |= {"error": error, "error_description": "said\nby the test"}
            case Login() as login:
                code = secrets.token_urlsafe(16)
                with self._lock:
                    self._codes[code] = _Code(
                        login,
                        given["redirect_uri"],
                        given.get("nonce", ""),
                        given.get("code_challenge", ""),
                    )
                back["code"] = code
        return f"{given['redirect_uri']}?{urlencode(back)}"

    def exchange(self, given: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """The tokens for a code, once, for the client that it was given to; None for others."""
        who = base64.b64encode(f"{CLIENT}:{CLIENT_SECRET}".encode()).decode()
        with self._lock:
            code = self._codes.pop(given.get("code", ""), None)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        if (
            code is None
            or authorization != f"Basic {who}"
            or given.get("grant_type") != "authorization_code"
            or given.get("redirect_uri") != code.redirect_uri
            or base64.urlsafe_b64encode(digest).decode().rstrip("=") != code.challenge
        ):
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": code.login.sub,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 600,
            "nonce": code.nonce,
            **code.login.claims,
        }
        key = self._stranger if code.login.forged else self._key
        token = jwt.encode({"alg": "RS256", "kid": str(self._key.kid)}, claims, key)
        return {
            "access_token": secrets.token_urlsafe(16),
            "token_type": "Bearer",
            "expires_in": 600,
            "id_token": token,
        }


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, provider: OpenIdProvider) -> None:
        self.provider = provider
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Http

    def log_message(self, *args: object) -> None:
        """Say nothing: standard error is the test runner's."""

    def do_GET(self) -> None:
        provider, asked = self.server.provider, urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(asked.query).items()}
        provider.asked.append(asked.path)
        match asked.path:
            case "/.well-known/openid-configuration":
                self._send(200, provider.metadata())
            case "/keys":
                self._send(200, provider.keys())
            case "/authorize":
                self._redirect(provider.authorize(given))
            case "/leave":
                self._redirect(given["post_logout_redirect_uri"])
            case _:
                self._send(404, {"error": "not_found"})

    def do_POST(self) -> None:
        provider = self.server.provider
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        given = {name: values[0] for name, values in parse_qs(raw).items()}
        provider.asked.append(self.path)
        tokens = provider.exchange(given, self.headers.get("Authorization", ""))
        if self.path == "/token" and tokens:
            self._send(200, tokens)
        else:
            self._send(400, {"error": "invalid_grant"})

    def _redirect(self, to: str) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)
