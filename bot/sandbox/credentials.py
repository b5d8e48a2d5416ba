"""Whom does an Authorization header name? Personal tokens, installation tokens, and JWTs of Apps."""

from __future__ import annotations

import base64
import binascii
import time

import jwt

from bot.sandbox.refusal import Refusal
from bot.sandbox.state import Actor, InstallationToken
from bot.sandbox.world import World


def identify(world: World, header: str) -> tuple[Actor, InstallationToken | None]:
    """Return who the Authorization header names; 401 refusal for credentials that are wrong."""
    scheme, _, value = header.partition(" ")
    value = value.strip()
    if not header:
        return Actor(), None
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            raise Refusal(401, "Bad credentials") from None
    elif scheme.lower() not in ("bearer", "token"):
        raise Refusal(401, "Bad credentials")
    if value in world.tokens:
        return Actor(world.tokens[value]), None
    token = world.installation_tokens.get(value)
    if token is not None and token.expires_at > world.now():
        app = token.installation.app
        return Actor(app.bot, app, token.installation), token
    if value.count(".") == 2 and scheme.lower() == "bearer":
        return _app_of(world, value), None
    raise Refusal(401, "Bad credentials")


def _app_of(world: World, token: str) -> Actor:
    """Return the App a JWT speaks for (docs: generating a JWT for a GitHub App)."""
    undecodable = Refusal(401, "A JSON web token could not be decoded")
    try:
        issuer = str(jwt.decode(token, options={"verify_signature": False}).get("iss"))
        app = next(app for app in world.apps.values() if issuer in (str(app.id), app.client_id))
    except jwt.PyJWTError:
        raise undecodable from None
    except StopIteration:
        raise Refusal(404, "Integration not found") from None
    try:
        claims = jwt.decode(
            token,
            app.public_key_pem,
            algorithms=["RS256"],
            options={"require": ["exp", "iat"], "verify_iat": False},
        )
    except jwt.ExpiredSignatureError:
        late = "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the "
        raise Refusal(401, late + "assertion expires") from None
    except jwt.PyJWTError:
        raise undecodable from None
    if float(claims["exp"]) - time.time() > 600 + 5:
        raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
    if float(claims["iat"]) > time.time() + 5:
        early = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
        raise Refusal(401, early)
    return Actor(None, app, None)
