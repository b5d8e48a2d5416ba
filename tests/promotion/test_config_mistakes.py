"""What is said about each mistake in the configuration file: the place, the words, and what to write instead."""

# ruff: noqa: E501 - the words people read stay in one piece

from __future__ import annotations

import pytest

from tests.promotion.test_config import ENVIRONMENTS, HEAD, bad

SECURITY = f"{ENVIRONMENTS}policies:\n  - builtin: security\n"
EXCEPTIONS = f"{SECURITY}    exceptions:\n"

MISTAKES: list[tuple[str, str | bytes, list[str]]] = [
    # the text itself
    ("empty", b"", [" the file is empty; write `version: 1` and `environments:`"]),
    ("only comments", b"# soon\n", [" the file is empty; write `version: 1` and `environments:`"]),
    ("not UTF-8", b"version: 1\nname: \xff\n", ["2: the file is not UTF-8 text; save it as UTF-8"]),
    ("UTF-16", "version: 1".encode("utf-16"), ["1: the file is not UTF-8 text; save it as UTF-8"]),
    ("control", b"a: \x07", ["1: character U+0007 is not allowed in YAML; remove the control character"]),
    ("a list", b"- a\n", ["1: keys with values are expected here; write lines like `key: value`"]),
    ("text", b"hello\n", ["1: keys with values are expected here; write lines like `key: value`"]),
    (
        "a tab",
        b"version: 1\nenvironments:\n\tdev: {}\n",
        [
            "3: this is not YAML, column 1: while scanning for the next token found character '\\t' that cannot start "
            "any token; indent with spaces, not with tabs"
        ],
    ),
    (
        "a colon",
        b"version: 1: 2\n",
        [
            "1: this is not YAML, column 11: mapping values are not allowed here; put a value that holds a colon and a "
            "space in quotes, and check the indentation"
        ],
    ),
    (
        "an asterisk",
        b"protect: [*.yaml]\n",
        [
            "1: this is not YAML, column 12: while scanning an alias expected alphabetic or numeric character, but "
            "found '.'; put a value that starts with `*` or `&` in quotes"
        ],
    ),
    ("two documents", b"version: 1\n---\nversion: 1\n", ["2: the file holds a second document; remove `---`"]),
    (
        "a tag",
        b"version: !!int 1\n",
        ["1: the tag `tag:yaml.org,2002:int` has no place here; remove the tag; quote a value that must be text"],
    ),
    (
        "an unknown anchor",
        b"version: *one\n",
        ["1: `*one` refers to an anchor that is not complete above it; write the value out"],
    ),
    (
        "itself",
        b"version: &a [*a]\n",
        ["1: `*a` refers to an anchor that is not complete above it; write the value out"],
    ),
    # keys
    (
        "nothing in it",
        b"{}",
        [
            "1: `version` is missing; add `version: 1`",
            "1: `environments` is missing; add `environments:` with what belongs to it",
        ],
    ),
    ("another version", ENVIRONMENTS.replace("1", "2", 1), ["1: version: 2 is not possible here; write 1"]),
    ("version as text", ENVIRONMENTS.replace("1", '"1"', 1), ['1: version: "1" is text; write 1 without quotes']),
    ("version with dots", ENVIRONMENTS.replace("1", "v1", 1), ["1: version: `v1` is not a whole number; write 1"]),
    ("no version", ENVIRONMENTS.replace("1", "", 1), ["1: version: the value is missing; write 1"]),
    (
        "a list as version",
        ENVIRONMENTS.replace("1", "[1]", 1),
        ["1: version: a whole number is expected here; write 1"],
    ),
    (
        "a misspelt key",
        f"{ENVIRONMENTS}protekt: []\n",
        ["5: protekt: `protekt` is not a known key; did you mean `protect`?"],
    ),
    (
        "a key of nobody",
        f"{ENVIRONMENTS}colour: red\n",
        [
            "5: colour: `colour` is not a known key; there are: `version`, `strategy`, `pipeline`, `environments`, "
            "`protect`, `freeze`, `rbac`, `policies`, `checks`, `render`"
        ],
    ),
    (
        "a word of other tools",
        f"{HEAD}  dev: {{ref: main}}\n",
        [
            "3: environments.dev.ref: `ref` is not a known key; did you mean `branch`?",
            "3: environments.dev: `branch` is missing; add `branch: main`",
        ],
    ),
    (
        "twice",
        f"{ENVIRONMENTS}protect: [a]\nprotect: [b]\n",
        ["6: protect: `protect` is given twice, first on line 5; keep one of them"],
    ),
    (
        "a merge key",
        f"{HEAD}  dev: &dev {{branch: main}}\n  staging: {{<<: *dev, branch: staging}}\n",
        ["4: environments.staging.<<: merge keys (`<<`) are not supported; write the keys out"],
    ),
    ("a list as key", f"{ENVIRONMENTS}? [a]\n: b\n", ["5: a key must be text; write lines like `key: value`"]),
    (
        "on as a key",
        f"{HEAD}  on: {{branch: main}}\n",
        ['3: environments.on: without quotes, YAML reads `on` as a truth value; write "on" in quotes'],
    ),
    (
        "a number as a key",
        f"{HEAD}  1: {{branch: main}}\n",
        ['3: environments.1: without quotes, YAML reads `1` as a number; write "1" in quotes'],
    ),
    # strategy
    (
        "another strategy",
        f"{ENVIRONMENTS}strategy: folders\n",
        ["5: strategy: `folders` is not possible here; write `branch`, `directory`, `repository`, `values` or `tag`"],
    ),
    (
        "a misspelt strategy",
        f"{ENVIRONMENTS}strategy: brunch\n",
        [
            "5: strategy: `brunch` is not possible here; did you mean `branch`? write `branch`, `directory`, "
            "`repository`, `values` or `tag`"
        ],
    ),
    # environments
    (
        "no pipeline",
        "version: 1\nenvironments:\n",
        ["2: environments: the pipeline is empty; name at least one environment, with its `branch`"],
    ),
    (
        "an empty pipeline",
        "version: 1\nenvironments: {}\n",
        ["2: environments: the pipeline is empty; name at least one environment, with its `branch`"],
    ),
    (
        "a list of environments",
        "version: 1\nenvironments:\n  - name: dev\n    branch: main\n",
        [
            "3: environments: environments by name are expected here; write the name of each environment as a key, with "
            "its `branch` below it"
        ],
    ),
    (
        "nothing in an environment",
        f"{HEAD}  dev:\n",
        ["3: environments.dev: `branch` is missing; add `branch: main`"],
    ),
    (
        "text as an environment",
        f"{HEAD}  dev: main\n",
        ["3: environments.dev: keys with values are expected here; write lines like `key: value`"],
    ),
    (
        "a name in capitals",
        f"{HEAD}  Production EU: {{branch: main}}\n",
        [
            "3: environments.Production EU: `Production EU` is not an environment's name; did you mean `production-eu`? "
            "use lower-case letters, digits and hyphens, at most 40"
        ],
    ),
    (
        "a version as a branch",
        f"{HEAD}  dev: {{branch: 1.30}}\n",
        ['3: environments.dev.branch: without quotes, YAML reads `1.30` as a number; write "1.30" in quotes'],
    ),
    (
        "a date as a branch",
        f"{HEAD}  dev: {{branch: 2026-11-23}}\n",
        ['3: environments.dev.branch: without quotes, YAML reads `2026-11-23` as a date; write "2026-11-23" in quotes'],
    ),
    (
        "no branch",
        f"{HEAD}  dev: {{branch: }}\n",
        ["3: environments.dev.branch: the value is missing; write a value, or remove the key"],
    ),
    (
        "a list of branches",
        f"{HEAD}  dev: {{branch: [main]}}\n",
        ["3: environments.dev.branch: one text is expected here; write it like staging"],
    ),
    (
        "a full ref",
        f"{HEAD}  dev: {{branch: refs/heads/main}}\n",
        [
            "3: environments.dev.branch: `refs/heads/main` is not a branch's name; did you mean `main`? write the name "
            "as git does, without `refs/heads/`; names below `promote/`, `rollback/` and `back/` belong to Lockkeeper"
        ],
    ),
    (
        "a path with wildcards",
        f"{HEAD}  dev: {{branch: main, path: /overlays/*}}\n",
        [
            "3: environments.dev.path: `/overlays/*` is not a directory of the repository; did you mean `overlays`? "
            "write it from the repository's root, without `..`, wildcards or a leading slash"
        ],
    ),
    (
        "promote: on",
        f"{HEAD}  dev: {{branch: main, promote: on}}\n",
        ["3: environments.dev.promote: `on` is not possible here; write `auto` or `manual`"],
    ),
    (
        "merge: manuel",
        f"{HEAD}  dev: {{branch: main, merge: manuel}}\n",
        ["3: environments.dev.merge: `manuel` is not possible here; did you mean `manual`? write `manual` or `auto`"],
    ),
    # the graph
    (
        "after somebody unknown",
        f"{HEAD}  dev: {{branch: main}}\n  staging: {{branch: s, after: [dev, devl]}}\n",
        ["4: environments.staging.after: there is no environment `devl`; did you mean `dev`?"],
    ),
    (
        "after itself",
        f"{HEAD}  dev: {{branch: main, after: dev}}\n",
        ["3: environments.dev.after: `dev` cannot come after itself; remove it"],
    ),
    (
        "a circle",
        f"{HEAD}  a: {{branch: a, after: c}}\n  b: {{branch: b}}\n  c: {{branch: c}}\n",
        [
            "3: environments.a.after: these wait for each other: `a` after `c` after `b` after `a`; start the pipeline "
            "with `after: []` in one of them"
        ],
    ),
    (
        "two circles",
        f"{HEAD}  a: {{branch: a, after: b}}\n  b: {{branch: b}}\n  c: {{branch: c, after: d}}\n  d: {{branch: d}}\n",
        [
            "3: environments.a.after: these wait for each other: `a` after `b` after `a`; start the pipeline with "
            "`after: []` in one of them",
            "5: environments.c.after: these wait for each other: `c` after `d` after `c`; start the pipeline with "
            "`after: []` in one of them",
        ],
    ),
    (
        "the same place",
        f"{HEAD}  a: {{branch: main, path: x}}\n  b: {{branch: main, path: x/, after: []}}\n",
        ["4: environments.b: `b` and `a` are the same place: `x` of branch `main`; give each its own branch or path"],
    ),
    (
        "the same whole branch",
        f"{HEAD}  a: {{branch: main}}\n  b: {{branch: main, after: []}}\n",
        [
            "4: environments.b: `b` and `a` are the same place: the whole of branch `main`; give each its own branch or path"
        ],
    ),
    (
        "promoted into its own branch",
        f"{HEAD}  a: {{branch: main, path: x}}\n  b: {{branch: main, path: y}}\n",
        [
            "4: environments.b.branch: it comes after `a`, but both are on branch `main`; give each its own branch: "
            "strategy `branch` promotes from branch to branch"
        ],
    ),
    (
        "promoted back by a detour",
        f"{HEAD}  a: {{branch: main, path: x}}\n  b: {{branch: s}}\n  c: {{branch: main, path: y}}\n",
        [
            "5: environments.c.branch: it comes after `a`, but both are on branch `main`; give each its own branch: "
            "strategy `branch` promotes from branch to branch"
        ],
    ),
    (
        "one promotion branch for two hops",
        f"{HEAD}  a: {{branch: a}}\n  b-to-c: {{branch: b}}\n  a-to-b: {{branch: x, after: []}}\n  c: {{branch: c}}\n",
        [
            "6: environments.c: the promotions `a to b-to-c` and `a-to-b to c` would share one branch; choose names "
            "without `-to-`"
        ],
    ),
    # people
    (
        "one team",
        f"{HEAD}  dev: {{branch: main, approvers: {{teams: qa}}}}\n",
        ["3: environments.dev.approvers.teams: a list is expected here; write [qa]"],
    ),
    (
        "a team's title",
        f"{HEAD}  dev: {{branch: main, approvers: {{teams: [Platform Leads]}}}}\n",
        [
            "3: environments.dev.approvers.teams[0]: `Platform Leads` is not a team's slug; did you mean "
            "`platform-leads`? write the slug as in the team's address, or `organisation/slug`"
        ],
    ),
    (
        "a mention",
        f'{HEAD}  dev: {{branch: main, promoters: {{users: ["@ann"]}}}}\n',
        [
            "3: environments.dev.promoters.users[0]: `@ann` is not a GitHub login; did you mean `ann`? write the login "
            "without `@`"
        ],
    ),
    (
        "somebody twice",
        f"{HEAD}  dev: {{branch: main, approvers: {{users: [ann, ann]}}}}\n",
        ["3: environments.dev.approvers.users[1]: `ann` is listed twice; keep one of them"],
    ),
    (
        "too many approvals",
        f"{HEAD}  dev: {{branch: main, approvers: {{users: [ann], required: 2}}}}\n",
        [
            "3: environments.dev.approvers.required: 2 approvals are required, but only 1 can be given; name more "
            "people, or require 1"
        ],
    ),
    (
        "approvals by nobody",
        f"{HEAD}  dev: {{branch: main, approvers: {{required: 1}}}}\n",
        [
            "3: environments.dev.approvers.required: 1 approval is required, but nobody is named to give them; name "
            "`users` or `teams`"
        ],
    ),
    (
        "a negative number",
        f"{HEAD}  dev: {{branch: main, approvers: {{required: -1}}}}\n",
        ["3: environments.dev.approvers.required: `-1` is not a whole number; write 0 to 20"],
    ),
    (
        "a great number",
        f"{HEAD}  dev: {{branch: main, approvers: {{required: 21}}}}\n",
        ["3: environments.dev.approvers.required: 21 is not possible here; write 0 to 20"],
    ),
    (
        "an octal number",
        f"{HEAD}  dev: {{branch: main, approvers: {{required: 0o2}}}}\n",
        ["3: environments.dev.approvers.required: `0o2` is not a whole number; write 0 to 20"],
    ),
    # gates
    (
        "a soak without a unit",
        f'{HEAD}  dev: {{branch: main, gates: {{soak: "90"}}}}\n',
        [
            "3: environments.dev.gates.soak: `90` is no duration; write its unit: 90m for minutes, 90h for hours",
        ],
    ),
    (
        "windows without a zone and with another name of a day",
        f"{HEAD}  dev: {{branch: main, gates: {{window: ['Mon-Thu 09:00-16:00', 'Monday 09:00-16:00 UTC']}}}}\n",
        [
            "3: environments.dev.gates.window[0]: `Mon-Thu 09:00-16:00` is no window; name the time zone as well: "
            "Mon-Thu 09:00-16:00 UTC, or another than UTC",
            "3: environments.dev.gates.window[1]: `Monday` in `Monday` is no day of the week; write Mon",
        ],
    ),
    (
        "health that is no truth value",
        f"{HEAD}  dev: {{branch: main, gates: {{health: {{deployment: sure, statuses: [a]}}}}}}\n",
        [
            "3: environments.dev.gates.health.deployment: `sure` is neither true nor false; write `true` or `false`, "
            "without quotes"
        ],
    ),
    (
        "an override of no gate",
        f"{HEAD}  dev: {{branch: main, gates: {{override: {{gates: [order], users: [ann]}}}}}}\n",
        [
            "3: environments.dev.gates.override.gates: there is no gate `order` to override; there are: `checks`, "
            "`health`, `policy`, `approvals`, `soak`, `window`, `freeze`, `lock`, `drift`, `test`"
        ],
    ),
    (
        "a freeze that ends before it begins, in a zone that is none",
        f"{ENVIRONMENTS}freeze: [{{from: 2026-12-24, until: 2026-12-20, zone: Berlin}}]\n",
        [
            "5: freeze[0].zone: there is no time zone `Berlin`; write Europe/Berlin",
            "5: freeze[0].until: 2026-12-20 is before 2026-12-24; write the last day, which may be the first",
        ],
    ),
    (
        "a freeze of nobody",
        f"{ENVIRONMENTS}freeze: [{{from: 2026-12-24, until: 2026-12-24, environments: [prod]}}]\n",
        ["5: freeze[0].environments: there is no environment `prod`; there are: `development`, `staging`"],
    ),
    (
        "one check",
        f"{HEAD}  dev: {{branch: main, gates: {{checks: ci}}}}\n",
        ["3: environments.dev.gates.checks: a list is expected here; write [ci]"],
    ),
    # protect
    ("one pattern", f"{ENVIRONMENTS}protect: a.yaml\n", ["5: protect: a list is expected here; write [a.yaml]"]),
    (
        "an empty pattern",
        f'{ENVIRONMENTS}protect: [""]\n',
        ["5: protect[0]: an empty text is not a pattern of paths; write one pattern in the language of .gitignore"],
    ),
    # policies
    (
        "an unknown pack",
        f"{ENVIRONMENTS}policies:\n  - builtin: registri\n",
        [
            "6: policies[0].builtin: `registri` is not possible here; did you mean `registry`? write `gitops`, `immutability`, `registry`, `reliability`, `secrets` or `security`"
        ],
    ),
    (
        "neither pack nor path",
        f"{ENVIRONMENTS}policies:\n  - with: {{}}\n",
        ["6: policies[0]: `builtin` or `path` or `scanner`: one of them is needed; give exactly one"],
    ),
    (
        "a scanner with a command",
        f"{ENVIRONMENTS}policies:\n  - scanner: /usr/bin/trivy config\n",
        [
            "6: policies[0].scanner: `/usr/bin/trivy config` is not a scanner's name; did you mean `trivy`? write the name alone; which program it is, and its arguments, is said where Lockkeeper runs"
        ],
    ),
    (
        "arguments for a scanner",
        f"{ENVIRONMENTS}policies:\n  - scanner: trivy\n    with: {{severity: HIGH}}\n",
        ["7: policies[0].with: a scanner has no parameters here; its arguments are in the server's settings"],
    ),
    (
        "a threshold for a pack",
        f"{SECURITY}    blocks: low\n",
        ["7: policies[0].blocks: this is for scanners only; use `actions` to say what a policy does"],
    ),
    (
        "a scanner's command, by its key",
        f"{ENVIRONMENTS}policies:\n  - scanner: trivy\n    command: [sh]\n",
        [
            "7: policies[0].command: `command` is not a known key; there are: `builtin`, `path`, `scanner`, `blocks`, `with`, `environments`, `severity`, `actions`, `exceptions`"
        ],
    ),
    (
        "pack and path",
        f"{ENVIRONMENTS}policies: [{{builtin: security, path: x}}]\n",
        ["5: policies[0]: `builtin` or `path` or `scanner`: one of them, not both, is needed; give exactly one"],
    ),
    (
        "a name alone",
        f"{ENVIRONMENTS}policies: [security]\n",
        ["5: policies[0]: keys with values are expected here; write lines like `key: value`"],
    ),
    (
        "packs as a map",
        f"{ENVIRONMENTS}policies: {{builtin: security}}\n",
        ["5: policies: a list is expected here; write lines that begin with `- `, or `[]` for none"],
    ),
    (
        "parameters as a list",
        f"{ENVIRONMENTS}policies: [{{builtin: registry, with: [a]}}]\n",
        [
            "5: policies[0].with: the pack's parameters by name are expected here; write lines like "
            "`registries: [registry.example.com]`"
        ],
    ),
    (
        "an ambiguous parameter",
        f"{ENVIRONMENTS}policies: [{{builtin: registry, with: {{a: {{b: [yes, 12:30]}}}}}}]\n",
        [
            '5: policies[0].with.a.b[0]: without quotes, YAML reads `yes` as a truth value; write "yes" in quotes',
            '5: policies[0].with.a.b[1]: without quotes, YAML reads `12:30` as a number; write "12:30" in quotes',
        ],
    ),
    (
        "an unknown environment",
        f"{ENVIRONMENTS}policies: [{{builtin: security, environments: [stagin]}}]\n",
        ["5: policies[0].environments: there is no environment `stagin`; did you mean `staging`?"],
    ),
    (
        "an unknown severity",
        f"{SECURITY}    severity: {{run-as-non-root: hihg}}\n",
        [
            "7: policies[0].severity.run-as-non-root: `hihg` is not possible here; did you mean `high`? write `critical`, `high`, `medium`, `low` or `info`"
        ],
    ),
    (
        "a severity alone",
        f"{SECURITY}    severity: high\n",
        ["7: policies[0].severity: keys with values are expected here; write it like {run-as-non-root: high}"],
    ),
    (
        "an unknown action",
        f"{SECURITY}    actions: {{run-as-non-root: deny}}\n",
        ["7: policies[0].actions.run-as-non-root: `deny` is not possible here; write `block`, `warn` or `ignore`"],
    ),
    (
        "a truth value as an action",
        f"{SECURITY}    actions: {{run-as-non-root: on}}\n",
        ["7: policies[0].actions.run-as-non-root: `on` is not possible here; write `block`, `warn` or `ignore`"],
    ),
    (
        "an action for nothing",
        f"{SECURITY}    actions: {{run-as-non-root/: block}}\n",
        [
            "7: policies[0].actions.run-as-non-root/: `run-as-non-root/` is not the name of a policy, or policy/rule; write the policy's name as findings show it, or `policy/rule`"
        ],
    ),
    (
        "an exception without reason and end",
        f"{EXCEPTIONS}      - {{policy: run-as-non-root, resources: [Deployment/web]}}\n",
        [
            "8: policies[0].exceptions[0]: `reason` is missing; add `reason: the vendor's image needs root until release 4`",
            "8: policies[0].exceptions[0]: `until` is missing; add `until: 2027-06-30`",
        ],
    ),
    (
        "an exception for everything",
        f"{EXCEPTIONS}      - {{policy: run-as-non-root, reason: needs root, until: 2027-06-30}}\n",
        ["8: policies[0].exceptions[0]: `resources` or `namespaces` is needed; give at least one"],
    ),
    (
        "an exception without end",
        f"{EXCEPTIONS}      - {{policy: run-as-non-root, resources: [Deployment/web], reason: needs root, until: never}}\n",
        ["8: policies[0].exceptions[0].until: `never` is not a date; write it like 2027-06-30"],
    ),
    (
        "a day that is none",
        f"{EXCEPTIONS}      - {{policy: run-as-non-root, resources: [Deployment/web], reason: needs root, until: 2027-02-30}}\n",
        ["8: policies[0].exceptions[0].until: there is no day `2027-02-30`; look at the calendar"],
    ),
    (
        "no day",
        f"{EXCEPTIONS}      - {{policy: run-as-non-root, resources: [Deployment/web], reason: needs root, until: }}\n",
        ["8: policies[0].exceptions[0].until: a date is expected here; write it like 2027-06-30"],
    ),
    (
        "a kind alone",
        f"{EXCEPTIONS}      - {{policy: run-as-non-root, resources: [Deployment], reason: needs root, until: 2027-06-30}}\n",
        [
            "8: policies[0].exceptions[0].resources[0]: `Deployment` is not a resource; write it as `Kind/name` or `Kind/namespace/name`; `*` stands for any characters"
        ],
    ),
    (
        "a resource as kubectl says it",
        f"{EXCEPTIONS}      - {{policy: run-as-non-root, resources: [deployment shop/web], reason: needs root, until: 2027-06-30}}\n",
        [
            "8: policies[0].exceptions[0].resources[0]: `deployment shop/web` is not a resource; did you mean `Deployment/shop/web`? write it as `Kind/name` or `Kind/namespace/name`; `*` stands for any characters"
        ],
    ),
    (
        "a namespace with capitals",
        f"{EXCEPTIONS}      - {{policy: run-as-non-root, namespaces: [Shop], reason: needs root, until: 2027-06-30}}\n",
        [
            "8: policies[0].exceptions[0].namespaces[0]: `Shop` is not a namespace; did you mean `shop`? write its name; `*` stands for any characters"
        ],
    ),
    (
        "a word of other tools in an exception",
        f"{EXCEPTIONS}      - {{policy: a, namespaces: [shop], reason: needs root, expires: 2027-06-30}}\n",
        [
            "8: policies[0].exceptions[0].expires: `expires` is not a known key; did you mean `until`?",
            "8: policies[0].exceptions[0]: `until` is missing; add `until: 2027-06-30`",
        ],
    ),
    (
        "a short reason",
        f"{EXCEPTIONS}      - {{policy: a, namespaces: [shop], reason: '', until: 2027-06-30}}\n",
        ["8: policies[0].exceptions[0].reason: an empty text is not a reason; say in one line why it is fine for now"],
    ),
    # freezes
    (
        "an unknown environment in the second freeze",
        f"{ENVIRONMENTS}freeze:\n  - {{from: 2026-02-30, until: 2026-03-01}}\n"
        "  - {from: 2026-12-20, until: 2026-12-31, environments: [prd]}\n",
        [
            "6: freeze[0].from: there is no day `2026-02-30`; look at the calendar",
            "7: freeze[1].environments: there is no environment `prd`; there are: `development`, `staging`",
        ],
    ),
    (
        "a freeze that is no map",
        f"{ENVIRONMENTS}freeze:\n  - christmas\n  - {{from: 2026-12-20, until: 2026-12-01}}\n",
        [
            "6: freeze[0]: keys with values are expected here; write lines like `key: value`",
            "7: freeze[1].until: 2026-12-01 is before 2026-12-20; write the last day, which may be the first",
        ],
    ),
    # what is below a slip is read in the same run
    (
        "slips within a slip",
        "version: 1\nenviroments:\n  dev: {brnch: main, gatez: {chekcs: [ci]}, pth: ../a}\n",
        [
            "2: enviroments: `enviroments` is not a known key; did you mean `environments`?",
            "3: environments.dev.brnch: `brnch` is not a known key; did you mean `branch`?",
            "3: environments.dev.gatez: `gatez` is not a known key; did you mean `gates`?",
            "3: environments.dev.gates.chekcs: `chekcs` is not a known key; did you mean `checks`?",
            "3: environments.dev.pth: `pth` is not a known key; did you mean `path`?",
            "3: environments.dev.path: `../a` is not a directory of the repository; write it from the repository's root, without `..`, wildcards or a leading slash",
        ],
    ),
    # checks
    (
        "1.30",
        f"{ENVIRONMENTS}checks: {{kubernetes: 1.30}}\n",
        ['5: checks.kubernetes: without quotes, YAML reads `1.30` as a number; write "1.30" in quotes'],
    ),
    (
        "a patch version",
        f"{ENVIRONMENTS}checks: {{kubernetes: v1.33.4}}\n",
        [
            "5: checks.kubernetes: `v1.33.4` is not a Kubernetes minor version; did you mean `1.33`? write it like "
            '"1.33", in quotes'
        ],
    ),
    (
        "an unknown worth",
        f"{ENVIRONMENTS}checks: {{unknown_kinds: warning}}\n",
        [
            "5: checks.unknown_kinds: `warning` is not possible here; did you mean `warn`? write `ignore`, `warn` or `fail`"
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES])
def test_mistakes(text: str | bytes, expected: list[str]) -> None:
    assert bad(text) == expected
