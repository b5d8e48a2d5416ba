"""Write what the tables in the code say into docs/: the commands, the configuration's keys, the schema for editors.

    python tools/docs.py          # write docs/commands.md, docs/configuration.md, docs/lockkeeper.schema.json
    python tools/docs.py --check  # write nothing, exit 1 when one of them is stale

In docs/configuration.md only what stands between `<!-- generated: NAME -->` and `<!-- end -->` is written.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bot.flows.command import REACTIONS  # noqa: E402 - the path has to be set first
from bot.intake.command_registry import ALIAS, COMMANDS, CommandSpec  # noqa: E402
from bot.intake.commands import MOST_COMMANDS  # noqa: E402
from bot.model.gates import NEVER, OVERRIDABLE  # noqa: E402
from bot.promotion.config import Problems, explain, parse  # noqa: E402
from bot.promotion.config_keys import FILE, MOST_ENVIRONMENTS, Setting  # noqa: E402
from bot.promotion.config_schema import schema  # noqa: E402
from bot.promotion.config_yaml import MAXIMUM_BYTES, MAXIMUM_DEPTH, MAXIMUM_NODES  # noqa: E402
from bot.report.words import listed  # noqa: E402


def main(arguments: list[str]) -> int:
    """Write or compare; return the exit status."""
    stale = [path for path, text in pages(ROOT).items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        name = path.relative_to(ROOT)
        if "--check" in arguments:
            print(f"{name} is stale: run `make docs`", file=sys.stderr)  # noqa: T201 - this is a command
        else:
            path.write_text(pages(ROOT)[path], "utf-8")
            print(f"wrote {name}")  # noqa: T201
    return int(bool(stale) and "--check" in arguments)


def pages(root: Path) -> dict[Path, str]:
    """Return every generated file's whole text by its path."""
    configuration = root / "docs" / "configuration.md"
    return {
        root / "docs" / "commands.md": commands_page(),
        root / "docs" / "lockkeeper.schema.json": json.dumps(schema(), indent=2, ensure_ascii=False) + "\n",
        configuration: filled(configuration.read_text("utf-8")),
    }


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def filled(text: str) -> str:
    """Return the page with what stands between its markers written anew; KeyError for a name nobody knows."""
    parts = _parts()
    missing = set(parts) - set(re.findall(r"<!-- generated: (\S+) -->", text))
    if missing:
        raise KeyError(f"docs/configuration.md has no place for {', '.join(sorted(missing))}")
    return re.sub(
        r"(<!-- generated: (\S+) -->\n).*?(<!-- end -->)",
        lambda match: f"{match[1]}{parts[match[2]]}\n{match[3]}",
        text,
        flags=re.DOTALL,
    )


def _parts() -> dict[str, str]:
    environment = FILE.keys["environments"]
    maps = {"file": FILE, "environment": environment, "checks": FILE.keys["checks"], "policies": FILE.keys["policies"]}
    maps |= {name: environment.keys[name] for name in ("approvers", "promoters", "gates", "applications")}
    maps |= {name: environment.keys["gates"].keys[name] for name in ("health", "override")}
    maps |= {"values": environment.keys["values"], "freeze": FILE.keys["freeze"]}
    maps |= {"exceptions": FILE.keys["policies"].keys["exceptions"]}
    render = FILE.keys["render"]
    maps |= {"render": render, "clusters": render.keys["clusters"], "charts": render.keys["charts"]}
    return {name: key_table(setting.keys) for name, setting in maps.items()} | {
        "limits": _limits(),
        "mistakes": _mistakes(),
    }


def key_table(keys: Mapping[str, Setting]) -> str:
    """Return the reference table of some keys."""
    rows = [
        (
            f"`{name}`",
            _sentence(setting.about) + ".",
            _takes(setting),
            "**required**" if setting.required else setting.default or "–",
            f"`{setting.example}`" if setting.example else "–",
        )
        for name, setting in keys.items()
    ]
    return _table(("key", "what it says", "takes", "default", "example"), rows)


def _takes(setting: Setting) -> str:
    form = setting.shape or setting.form
    words = form.words if form else "text"
    match setting.kind:
        case "text":
            return words
        case "texts":
            return f"a list, each {words}" + (", or one alone" if setting.single else "")
        case "choice":
            return ", ".join(f"`{value}`" for value in setting.values)
        case "chosen":
            return f"{words}, each with one of {', '.join(f'`{value}`' for value in setting.values)}"
        case "date":
            return "a day as year, month, day"
        case "flag":
            return "`true` or `false`"
        case "number":
            return f"{setting.least}" if setting.least == setting.most else f"{setting.least} to {setting.most}"
        case "named":
            return setting.expects
        case "entries":
            return "a list of keys and values"
        case "map" | "free":
            return "keys and values"


def _limits() -> str:
    return (
        f"The file may have {MAXIMUM_BYTES:,} bytes, {MAXIMUM_NODES:,} values (with every alias written out), "
        f"{MAXIMUM_DEPTH} levels and {MOST_ENVIRONMENTS} environments."
    )


_BROKEN = """\
version: 1
environments:
  development: {branch: main}
  staging:
    brnch: staging
    promote: on
  production:
    branch: production
    after: stagin
    approvers: {teams: [Platform Leads]}
    gates: {soak: 1h}
checks: {kubernetes: 1.30}
"""


def _mistakes() -> str:
    found = parse(_BROKEN.encode())
    if not isinstance(found, Problems):
        raise TypeError("the example of mistakes holds none")
    told = "\n".join(explain(one).removeprefix(".github/") for one in found)
    return f"```yaml\n{_BROKEN}```\n\n```text\n{told}\n```"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows]
    return "\n".join(lines)


_OUTCOMES = {
    "done": "it is done; the reply says what happened",
    "refused": "it was refused; the reply says what it takes, what you have, and what to do next",
    "misunderstood": "it could not be understood; the reply has a line to copy",
}
_EMOJI = {"rocket": "🚀", "+1": "👍", "-1": "👎", "confused": "😕", "eyes": "👀"}


def commands_page() -> str:
    """Return docs/commands.md."""
    overview = _table(
        ("command", "who may", "example"),
        [(f"[`{spec.usage}`](#{spec.name})", spec.who, f"`{spec.example}`") for spec in COMMANDS],
    )
    reactions = _table(
        ("reaction", "means"),
        [
            ("👀 `eyes`", "the comment was read, and its commands are being carried out"),
            *((f"{_EMOJI[reaction]} `{reaction}`", _OUTCOMES[outcome]) for outcome, reaction in REACTIONS.items()),
        ],
    )
    parts = [
        "<!-- Written by tools/docs.py from the registry in bot/intake/command_registry.py. Do not edit. -->",
        "# Commands",
        "Comment a command on a pull request. Lockkeeper answers in one reply per comment.",
        overview,
        *(_command(spec) for spec in COMMANDS),
        "## What comes back",
        reactions,
        "With several commands in one comment the mark is that of the worst outcome.",
        _RULES,
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


_ARGUMENTS = {
    "environment": "`environment`: a name from `.github/lockkeeper.yaml`; letter case does not matter",
    "environments": "`environments`: any number of names from `.github/lockkeeper.yaml`; without one, all",
    "sha": "`--sha SHA`: a commit, 7 to 40 hexadecimal digits",
    "gate": f"`gate`: {listed([f'`{one}`' for one in OVERRIDABLE], 'or')}; "
    f"{listed([f'`{one}`' for one in NEVER])} can never be overridden",
    "to": "`to REF or #PR`: a commit, a tag, or the number of a promotion pull request",
    "reason": "`reason`: the rest of the line, kept and shown with it",
}


def _command(spec: CommandSpec) -> str:
    parts = [f"## {spec.name}", f"```text\n{spec.usage}\n```", spec.summary]
    if spec.arguments:
        parts.append("\n".join(f"- {_ARGUMENTS[one]}" for one in spec.arguments))
    parts.append(f"Who may: {spec.who}. Since {spec.since}.")
    return "\n\n".join(parts)


def _shared() -> str:
    return ", ".join(f"`{spec.name}`" for spec in COMMANDS if spec.shared)


_RULES = f"""
## How commands are read

- A command is the **first word of a line**, with at most three spaces before it, and has that line to itself. A
  comment may hold up to {MOST_COMMANDS}, one a line.
- **New comments** count, edited ones do not, and bots give no commands.
- Lines in **code, block quotes, HTML comments, tables and collapsed sections** are no commands. That goes for a
  line right below a quote as well, which GitHub shows as part of it: leave an empty line between.
- Letter case does not matter: `/Promote Staging` is `/promote staging`.
- A **slip** in one of these commands is answered with what was probably meant, and nothing happens. Commands of
  other bots (`/lgtm`, `/retest`, `/deploy` …) stay unanswered.
- **Words that other bots know as well** ({_shared()}) are ours on promotion pull requests; elsewhere only where an
  environment or a gate of ours follows.
- Characters that only look like ours (`／`, a Cyrillic `о`, a space that does not break) are answered, too: please
  type the line again.
- To write about a command without giving it, put it in backticks, or a backslash before it.

## With other bots

Where another bot listens to the same words, write `/{ALIAS}` before the command: `/{ALIAS} promote staging`,
`/{ALIAS} help`. After `/{ALIAS}`, a word that is no command is answered with those there are.

## Who may

Permissions are those of the repository, asked of GitHub when the command is carried out. Where an environment
names [`promoters`](configuration.md#promoters), a promotion into it takes both: write permission, and being one of
them. Administrators are no exception: who may promote is written down where everyone can read it. When GitHub
cannot be asked, the answer is no, and the command is tried again.

A lock or a freeze is opened by whoever made it, or by somebody with maintain permission: its owner relies on it. A hold
is a question to everybody, so whoever may hold may resume.

## Where it is kept

Locks, freezes and holds are refs of the repository with the pipeline, below `refs/lockkeeper/`, each a commit whose
message says who, when and why. They come and go by compare-and-swap, so of two people at once one is first, and the
other is told who that was. Each carries a seal that only Lockkeeper can make: a ref that somebody pushes by hand counts
for nothing, and `/status` says so. Whoever may push can delete such a ref by hand; `refs/lockkeeper/audit` still tells
of it. Read that line of everything that was ever shut, opened, approved and overridden by

```text
git fetch origin refs/lockkeeper/audit && git log FETCH_HEAD
```
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
