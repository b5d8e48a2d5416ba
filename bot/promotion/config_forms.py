"""Which texts are branches, paths, logins, team slugs … in the configuration, and what was meant by others?

The patterns hold for the whole value and are written so that Python and JSON Schema (ECMA 262) read them alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass


def _nothing(_: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Form:
    """A form of text: what it is called, the pattern it fits, the rule in words, and a guess at what was meant."""

    words: str
    pattern: str
    rule: str
    guess: Callable[[str], str] = _nothing

    def fits(self, text: str) -> bool:
        """Say whether the text has this form."""
        return re.fullmatch(self.pattern, text) is not None

    def mended(self, text: str) -> str:
        """Return a text of this form that was probably meant, '' when there is no good guess."""
        guess = self.guess(text.strip())
        return guess if guess and self.fits(guess) else ""


def _name(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _branch(text: str) -> str:
    return re.sub(r"\s+", "-", text.removeprefix("refs/heads/").strip("/"))


def _path(text: str) -> str:
    parts = [part for part in re.split(r"[/\\]", text) if part not in ("", ".")]
    while parts and any(letter in parts[-1] for letter in "*?"):
        parts.pop()
    return "/".join(parts)


def _login(text: str) -> str:
    return re.sub(r"^(https?://[^/]+/)?@?", "", text).strip("/")


def _team(text: str) -> str:
    organisation, slash, slug = text.removeprefix("@").rpartition("/")
    return organisation + slash + re.sub(r"[^a-z0-9_-]+", "-", slug.lower()).strip("-")


def _minor(text: str) -> str:
    found = re.match(r"v?(1\.\d{1,2})\b", text)
    return found[1] if found else ""


NAME = Form(
    "an environment's name",
    r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?",
    "use lower-case letters, digits and hyphens, at most 40",
    _name,
)

# Source of the rule: git-check-ref-format(1). Our own branches lie below the three names.
BRANCH = Form(
    "a branch's name",
    r"(?!refs/)(?!(?:promote|rollback|back)/)(?![-./])(?!@$)(?!.*(?:\.\.|@\{|//|/\.|\.lock$|\.lock/|[./]$))"
    r"[^\x00-\x20\x7f~^:?*\[\\]{1,200}",
    "write the name as git does, without `refs/heads/`; names below `promote/`, `rollback/` and `back/` belong to "
    "Lockkeeper",
    _branch,
)

PATH = Form(
    "a directory of the repository",
    r"\.|(?!/)(?!.*//)(?!(?:.*/)?\.\.?(?:/|$))[^\x00-\x1f\x7f*?\\]{1,400}",
    "write it from the repository's root, without `..`, wildcards or a leading slash",
    _path,
)

LOGIN = Form("a GitHub login", r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", "write the login without `@`", _login)

TEAM = Form(
    "a team's slug",
    r"(?:[A-Za-z0-9][A-Za-z0-9_-]{0,99}/)?[a-z0-9_][a-z0-9_-]{0,254}",
    "write the slug as in the team's address, or `organisation/slug`",
    _team,
)

GLOB = Form(
    "a pattern of paths",
    r"(?!!?$)[^\x00-\x1f\x7f]{1,400}",
    "write one pattern in the language of .gitignore",
)

ZONE = Form(
    "a time zone",
    r"UTC|[A-Z][A-Za-z0-9_]*(?:/[A-Za-z0-9_+-]+)+",
    "write a name of the IANA time zone database, such as Europe/Berlin, or UTC",
)

DURATION = Form(
    "a duration",
    r"(?=[0-9])(?:[0-9]{1,6}w)?(?:[0-9]{1,6}d)?(?:[0-9]{1,6}h)?(?:[0-9]{1,6}m)?(?:[0-9]{1,6}s)?",
    "write numbers with w, d, h, m or s, the largest first, such as 45m, 1h30m or 2d",
)

_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_CLOCK = r"(?:[01][0-9]|2[0-4]):[0-5][0-9]"
WINDOW = Form(
    "days, hours and a time zone",
    rf"{_DAY}(?:-{_DAY})?(?:,{_DAY}(?:-{_DAY})?)* {_CLOCK}-{_CLOCK} (?:{ZONE.pattern})",
    "write them with one space between, such as Mon-Thu 09:00-16:00 Europe/Berlin",
)

CHECK = Form("the name of a check", r"[^\x00-\x1f\x7f]{1,255}", "write it as GitHub shows it")

KUBERNETES = Form("a Kubernetes minor version", r"1\.[0-9]{1,2}", 'write it like "1.33", in quotes', _minor)

DNS_NAME = Form(
    "a name that Kubernetes takes",
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?",
    "use lower-case letters, digits and hyphens, at most 63",
    lambda text: re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63],
)

WORDS = Form("a name of one line", r"[^\x00-\x1f\x7f]{1,100}", "write at most 100 characters on one line")

REPOSITORY = Form(
    "a repository of the same GitHub",
    r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}/[A-Za-z0-9_.-]{1,100}",
    "write it as owner/name",
    lambda text: re.sub(r"^(?:https?://[^/]+/|[^@/]+@[^:/]+:)", "", text).strip("/").removesuffix(".git"),
)

KEY = Form(
    "a key",
    r"[^\x00-\x1f\x7f]{1,300}",
    "write it as in `image.tag` or `images[name=web].newTag`",
)

TAG = Form(
    "a pattern of tags",
    r"(?!refs/)(?![-./])(?!.*(?:\.\.|@\{|//|/\.|[./]$))[^\x00-\x20\x7f~^:?*\[\\]{0,100}\*[^\x00-\x20\x7f~^:?*\[\\]{0,100}",
    "write one `*` for the version, as in `v*-stage`",
)

DIGEST = Form(
    "a digest",
    r"sha256:[0-9a-f]{64}",
    "write sha256: and 64 hexadecimal digits, in quotes",
    lambda text: text.lower() if text.lower().startswith("sha256:") else f"sha256:{text.lower()}",
)


def _rule(text: str) -> str:
    return re.sub(r"\s*/\s*", "/", text.strip("/"))


RULE = Form(
    "the name of a policy, or policy/rule",
    r"(?![ /])(?!.*[ /]$)[^\x00-\x1f\x7f]{1,300}",
    "write the policy's name as findings show it, or `policy/rule`",
    _rule,
)

POLICY = Form(
    "the name of a policy or rule",
    r"(?! )(?!.* $)[^\x00-\x1f\x7f]{1,200}",
    "write the name as findings show it",
    str.strip,
)


def _resource(text: str) -> str:
    parts = [part for part in re.split(r"[\s/]+", text) if part]
    return "/".join((parts[0][:1].upper() + parts[0][1:], *parts[1:])) if len(parts) > 1 else ""


# Names of kinds begin with a capital, so that one cannot be taken for a namespace.
RESOURCE = Form(
    "a resource",
    r"[A-Z*?][A-Za-z0-9*?]{0,99}(?:/[A-Za-z0-9*?][A-Za-z0-9.:*?_-]{0,252}){1,2}",
    "write it as `Kind/name` or `Kind/namespace/name`; `*` stands for any characters",
    _resource,
)

NAMESPACE = Form(
    "a namespace",
    r"[a-z0-9*?][a-z0-9*?-]{0,62}",
    "write its name; `*` stands for any characters",
    lambda text: re.sub(r"[^a-z0-9*?]+", "-", text.lower()).strip("-")[:63],
)

SCANNER = Form(
    "a scanner's name",
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}",
    "write the name alone; which program it is, and its arguments, is said where Lockkeeper runs",
    lambda text: next(iter(text.split()), "").rpartition("/")[2],
)

REASON = Form("a reason", r"(?! )[^\x00-\x1f\x7f]{3,500}", "say in one line why it is fine for now", str.strip)

ADDRESS = Form(
    "an address",
    r"(?:[a-z][a-z0-9+.-]*://|[A-Za-z0-9._-]+@)[^\x00-\x20\x7f]{1,400}",
    "write it as git or kubectl takes it, with its scheme",
)

FORMS: Mapping[str, Form] = {
    "name": NAME,
    "branch": BRANCH,
    "path": PATH,
    "login": LOGIN,
    "team": TEAM,
    "glob": GLOB,
    "check": CHECK,
    "zone": ZONE,
    "duration": DURATION,
    "window": WINDOW,
    "kubernetes": KUBERNETES,
    "name in Kubernetes": DNS_NAME,
    "words": WORDS,
    "repository": REPOSITORY,
    "address": ADDRESS,
    "digest": DIGEST,
    "tag": TAG,
    "key": KEY,
    "rule": RULE,
    "policy": POLICY,
    "scanner": SCANNER,
    "resource": RESOURCE,
    "namespace": NAMESPACE,
    "reason": REASON,
}
