"""Labels of repositories and of issues (docs: REST API, labels)."""

from __future__ import annotations

from bot.sandbox.acts import issues as acts
from bot.sandbox.api.door import Area, Call, Reply
from bot.sandbox.api.issues import ISSUE, READ, WRITE, find
from bot.sandbox.records import Label
from bot.sandbox.refusal import Refusal, malformed, not_found
from bot.sandbox.shapes import repositories

area = Area()
LABEL = "/repos/<owner>/<repo>/labels/<name>"


def _label(call: Call) -> Label:
    found = call.repository.labels.get(call.word("name").lower())
    if found is None:
        raise not_found()
    return found


def _shape(call: Call, one: Label) -> dict[str, object]:
    return repositories.label(call.world.links, call.repository, one)


@area.route("GET", "/repos/<owner>/<repo>/labels", *READ)
def list_labels(call: Call) -> Reply:
    """List the labels of a repository."""
    return call.page(list(call.repository.labels.values()), lambda one: _shape(call, one))


@area.route("POST", "/repos/<owner>/<repo>/labels", *WRITE, role="triage")
def create_label(call: Call) -> Reply:
    """Create a label."""
    body = call.body
    made = acts.create_label(
        call.world,
        call.repository,
        body.text("name"),
        body.text("color", "ededed"),
        body.optional("description"),
    )
    return Reply(201, _shape(call, made), {"Location": str(_shape(call, made)["url"])})


@area.route("GET", LABEL, *READ)
def get_label(call: Call) -> Reply:
    """Get a label."""
    return Reply(200, _shape(call, _label(call)))


@area.route("PATCH", LABEL, *WRITE, role="triage")
def update_label(call: Call) -> Reply:
    """Change a label."""
    one, body = _label(call), call.body
    name = body.text("new_name", one.name)
    del call.repository.labels[one.name.lower()]
    one.name, one.color = name, body.text("color", one.color)
    one.description = body.optional("description") if "description" in body else one.description
    call.repository.labels[name.lower()] = one
    return Reply(200, _shape(call, one))


@area.route("DELETE", LABEL, *WRITE, role="triage")
def delete_label(call: Call) -> Reply:
    """Delete a label, from every issue too."""
    one = _label(call)
    del call.repository.labels[one.name.lower()]
    for issue in call.repository.issues.values():
        if one in issue.labels:
            issue.labels.remove(one)
    return Reply(204)


# ---- labels of an issue


def _names(call: Call) -> list[str]:
    """Return the labels asked for: a list, or an object with a list, of names or of objects with a name."""
    values = call.body.values
    given = values.get("", values.get("labels"))
    if not isinstance(given, list):
        raise malformed('"labels" wasn\'t supplied.')
    names = [one.get("name") if isinstance(one, dict) else one for one in given]
    if not all(isinstance(name, str) and name for name in names):
        raise Refusal(422, "Validation Failed", [{"resource": "Label", "code": "invalid", "field": "name"}])
    return [str(name) for name in names]


@area.route("GET", f"{ISSUE}/labels", *READ)
def list_issue_labels(call: Call) -> Reply:
    """List the labels of an issue."""
    return call.page(find(call).labels, lambda one: _shape(call, one))


@area.route("POST", f"{ISSUE}/labels", *WRITE, role="triage")
def add_labels(call: Call) -> Reply:
    """Add labels; unknown ones are created."""
    acts.set_labels(call.world, find(call), _names(call), call.actor.someone, keep=True)
    return Reply(200, [_shape(call, one) for one in find(call).labels])


@area.route("PUT", f"{ISSUE}/labels", *WRITE, role="triage")
def set_labels(call: Call) -> Reply:
    """Put these labels in place of all others."""
    acts.set_labels(call.world, find(call), _names(call), call.actor.someone, keep=False)
    return Reply(200, [_shape(call, one) for one in find(call).labels])


@area.route("DELETE", f"{ISSUE}/labels", *WRITE, role="triage")
def remove_labels(call: Call) -> Reply:
    """Remove all labels."""
    acts.set_labels(call.world, find(call), [], call.actor.someone, keep=False)
    return Reply(204)


@area.route("DELETE", f"{ISSUE}/labels/<name>", *WRITE, role="triage")
def remove_label(call: Call) -> Reply:
    """Remove one label; 404 when the issue does not carry it."""
    issue, name = find(call), call.word("name").lower()
    for one in issue.labels:
        if one.name.lower() == name:
            acts.remove_label(call.world, issue, one, call.actor.someone)
            return Reply(200, [_shape(call, other) for other in issue.labels])
    raise Refusal(404, "Label does not exist")
