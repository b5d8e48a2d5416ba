"""What do CEL expressions say of a resource? The functions' meanings are those of the Kubernetes and Kyverno docs."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.model.manifest import Resource
from bot.policy.cel import CelError, ElsewhereError, Outcome, RuleText, World, compile_rule, engine
from bot.policy.cel.engine import ABSENT
from bot.policy.cel.optionals import careful
from bot.policy.cel.rewrite import rewrite
from bot.policy.cel.tokens import joined, tokens_of
from bot.policy.kyverno.subject import Subject, subject_of

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "labels": {"app": "shop", "tier": "front"}},
    "spec": {
        "nothing": None,
        "containers": [
            {"name": "web", "image": "ghcr.io/shop/web:1.2", "resources": {"limits": {"memory": "1Gi"}}},
            {"name": "side", "image": "nginx"},
        ],
    },
}


def subject(body: dict[str, Any] = POD, labels: dict[str, str] | None = None, **more: Any) -> Subject:
    known = {"default": {} if labels is None else labels}
    return subject_of(Resource(body), known, **more)


def judged(expression: str, seen: Subject | None = None, world: World | None = None, **more: Any) -> Outcome:
    text = RuleText([{"expression": expression}], **more)
    rule = compile_rule(text, "spec", world) if world is not None else compile_rule(text, "spec")
    return rule.judge(seen if seen is not None else subject())


# https://kubernetes.io/docs/reference/using-api/cel/
TRUE = [
    # lists
    "[1, 2, 3].sum() == 6 && [1.5, 2.5].sum() == 4.0 && [].sum() == 0",
    "[3, 1, 2].min() == 1 && ['b', 'a'].max() == 'b'",
    "[1, 2, 2].isSorted() && !['b', 'a'].isSorted()",
    "['a', 'b', 'a'].indexOf('a') == 0 && ['a', 'b', 'a'].lastIndexOf('a') == 2 && [1].indexOf(true) == -1",
    "'banana'.indexOf('an') == 1 && 'banana'.lastIndexOf('an') == 3 && 'banana'.indexOf('an', 2) == 3",
    "[1, 2, 3].reverse() == [3, 2, 1] && 'abc'.reverse() == 'cba'",
    "[[1], [2, [3]]].flatten() == [1, 2, [3]] && [1, 1, 2].distinct() == [1, 2] && [2, 1].sort() == [1, 2]",
    "[1, 2, 3].slice(1, 3) == [2, 3] && lists.range(3) == [0, 1, 2]",
    "['a', 'b'].join('-') == 'a-b' && 'a-b'.replace('-', '+') == 'a+b' && 'aaa'.replace('a', 'b', 2) == 'bba'",
    "sets.contains([1, 2], [2]) && sets.equivalent([1, 1], [1]) && sets.intersects([1, 2], [2, 3])",
    "!sets.contains([1], [true]) && !sets.intersects([1], [2])",
    # regular expressions
    "'abc 123'.find('[0-9]+') == '123' && 'abc'.find('[0-9]+') == ''",
    "'1 2 3'.findAll('[0-9]') == ['1', '2', '3'] && '1 2 3'.findAll('[0-9]', 2) == ['1', '2']",
    # quantities
    "quantity('1000m') == quantity('1') && quantity('1Ki') != quantity('1k') && quantity('1e3') == quantity('1k')",
    "quantity('512Mi').isLessThan(quantity('1Gi')) && quantity('1').isGreaterThan(quantity('999m'))",
    "quantity('1').compareTo(quantity('2')) == -1 && quantity('50k').asInteger() == 50000",
    "quantity('1').add(quantity('500m')) == quantity('1.5') && quantity('2').sub(1) == quantity('1')",
    "isQuantity('1.3Gi') && !isQuantity('10 Mo') && quantity('-1').sign() == -1 && !quantity('500m').isInteger()",
    # versions
    "semver('1.2.3').isLessThan(semver('1.10.0')) && semver('1.0.0-rc.2').isLessThan(semver('1.0.0'))",
    "semver('1.0.0-rc.2').isLessThan(semver('1.0.0-rc.10')) && semver('1.0.0-1').isLessThan(semver('1.0.0-a'))",
    "!isSemver('v1.0') && isSemver('v01.0', true) && semver('v1.0', true).minor() == 0",
    # addresses
    "ip('192.168.0.1').family() == 4 && ip('::1').isLoopback() && !isIP('192.168.0.300')",
    "!isIP('::ffff:1.2.3.4') && ip.isCanonical('::1') && !ip.isCanonical('0:0:0:0:0:0:0:1')",
    "cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')",
    "!cidr('10.1.0.0/16').containsCIDR('10.0.0.0/8') && cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8')",
    "cidr('10.0.0.0/8').prefixLength() == 8 && string(cidr('10.0.0.0/8').ip()) == '10.0.0.0'",
    "ip('127.0.0.1').isGlobalUnicast() == false && ip('8.8.8.8').isGlobalUnicast()",
    # URLs
    "url('https://a.io:80/b%20c?d=1&d=2').getHost() == 'a.io:80' && url('https://[::1]:80/').getHostname() == '::1'",
    "url('https://a.io:80/b%20c?d=1&d=2').getQuery()['d'] == ['1', '2'] && url('https://a.io').getPort() == ''",
    "url('https://a.io/b%20c').getEscapedPath() == '/b%20c' && url('https://a.io/b%20c').getPath() == '/b c'",
    "isURL('https://a.io') && !isURL('a.io')",
    # formats
    "!format.dns1123Label().validate('a-b').hasValue() && format.dns1123Label().validate('A_b').hasValue()",
    "format.named('uuid').hasValue() && !format.named('no such').hasValue()",
    "!format.date().validate('2024-02-29').hasValue() && format.date().validate('2023-02-29').hasValue()",
    # comprehensions over two variables
    "object.metadata.labels.all(key, value, key != '' && value != '')",
    "object.metadata.labels.transformList(key, value, key + '=' + value) == ['app=shop', 'tier=front']",
    "object.metadata.labels.transformMap(key, value, key == 'app', value + '!') == {'app': 'shop!'}",
    "object.spec.containers.exists(at, one, at == 1 && one.name == 'side')",
    "object.spec.containers.all(at, one, object.metadata.labels.exists(key, value, at < 2 && key == 'app'))",
    # optional values; cel-go takes x.orValue(y) for x when x is not optional
    "object.spec.?volumes.orValue([]).size() == 0 && object.spec.containers.orValue([]).size() == 2",
    "object.spec.containers.all(one, one.name.orValue('') != '' && one.?image.orValue('') != '')",
    "object.?spec.containers[0].name.orValue('') == 'web' && object.spec[?'volumes'].orValue(1) == 1",
    # null has no fields, as in cel-go
    "!has(object.spec.nothing.here) && has(object.spec.nothing) && object.spec.nothing == null",
    "object.spec.?nothing.?here.orValue('none') == 'none' && !object.spec.?nothing[?'here'].hasValue()",
    # Kyverno's
    "image('nginx').registry() == 'index.docker.io' && image('nginx').repository() == 'library/nginx'",
    "image('a.io:5000/b/c:1').tag() == '1' && image('nginx').identifier() == 'latest' && !isImage('a b')",
    "json.unmarshal('{\"a\": [1]}').a[0] == 1 && sha256('') != sha1('')",
    # what an expression sees
    "request.operation == 'CREATE' && request.kind.kind == 'Pod' && request.resource.resource == 'pods'",
    "object.metadata.namespace == 'default' && request.namespace == 'default' && oldObject == null",
    "namespaceObject.metadata.name == 'default' && params == null",
    # texts are no code, and comments are none
    "'variables.x' != '' && r'\\d.orValue(1)' != '' // variables.x",
    "true || object.nowhere.at.all",
    "true || resource.Get('v1', 'configmaps', 'default', 'x').data.y == 'z'",
]


@pytest.mark.parametrize("expression", TRUE)
def test_it_holds(expression: str) -> None:
    assert judged(expression) == Outcome("pass")
    assert judged(f"!({expression}\n)").state == "fail"


# expression, state, part of the words
ENDS = [
    ("object.metadata.name == 'other'", "fail", "The expression `object.metadata.name == 'other'` does not hold."),
    ("object.nowhere == 1", "fail", 'breaks: Key not found in map : "nowhere".'),
    ("'x'", "CelError", "gives no bool"),
    ("object.", "CelError", "Syntax error"),
    ("nowhere == 1", "CelError", "undeclared reference to 'nowhere'"),
    ("variables.x == 1", "CelError", "no variable `x` before this expression"),
    ("variables == {}", "CelError", "name one of them"),
    ("quantity('a') == quantity('b')", "fail", "`a` is no quantity"),
    ("quantity('1').isLessThan(semver('1.0.0'))", "fail", "expected a Quantity"),
    ("'a'.find('(') == ''", "fail", "is no regular expression"),
    ("'a'.find('(?=a)') == ''", "fail", "is no regular expression"),
    ("resource.Get('v1', 'configmaps', 'a', 'b').data.c == ''", "not evaluable here", "`resource.Get` asks a cluster"),
    ("image.GetMetadata('nginx').config.user != ''", "not evaluable here", "asks a registry"),
    ("http.Get('https://a.io').ok", "not evaluable here", "asks the network"),
    ("globalContext.Get('a', 'b') == 1", "not evaluable here", "asks a cluster"),
    ("authorizer.path('/x').check('get').allowed()", "ElsewhereError", "who may do what"),
    ("namespaceObject.metadata.annotations.a == 'b'", "ElsewhereError", "is known in a cluster only"),
    ("request.userInfo.username == 'alice'", "not evaluable here", "who makes the change"),
    ("time.now() > timestamp('2020-01-01T00:00:00Z')", "not evaluable here", "the time of day"),
]


@pytest.mark.parametrize(("expression", "state", "words"), ENDS)
def test_it_ends_otherwise(expression: str, state: str, words: str) -> None:
    try:
        outcome = judged(expression)
    except (CelError, ElsewhereError) as broken:
        assert (type(broken).__name__, words in str(broken)) == (state, True), str(broken)
    else:
        assert (outcome.state, words in outcome.message) == (state, True), outcome


class TestWhatIsKnown:
    def test_the_labels_of_a_namespace_nobody_knows(self) -> None:
        text = "!has(namespaceObject.metadata.labels) || namespaceObject.metadata.labels.env == 'dev'"
        assert judged(text, subject(labels={"env": "dev"})).state == "pass"
        assert judged(text, subject(labels={"env": "prod"})).state == "fail"
        assert judged(text, subject_of(Resource(POD), {})).state == "not evaluable here"

    def test_what_a_test_supplies(self) -> None:
        config = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "a", "namespace": "b"},
            "data": {"c": "d"},
        }
        world = World(
            resources=[config],
            images={"nginx": {"config": {"user": "root"}}},
            entries={"teams": {"all": ["x"]}},
            now=lambda: datetime(2024, 5, 1, tzinfo=UTC),
        )
        for text in (
            "resource.Get('v1', 'configmaps', 'b', 'a').data.c == 'd'",
            "resource.List('v1', 'configmaps', 'b').items.size() == 1",
            "resource.List('v1', 'configmaps', 'other').items.size() == 0",
            "image.GetMetadata('nginx').config.user == 'root'",
            "globalContext.Get('teams', 'all') == ['x']",
            "time.now() == timestamp('2024-05-01T00:00:00Z')",
        ):
            assert judged(text, world=world) == Outcome("pass"), text
        assert judged("resource.Get('v1', 'configmaps', 'b', 'x').data.c == 'd'", world=world).state == "fail"

    def test_a_user_that_is_given(self) -> None:
        seen = replace(subject(), given={"request.userInfo.username": "alice"})
        assert judged("request.userInfo.username == 'alice'", seen).state == "pass"

    def test_an_update(self) -> None:
        before = {**POD, "metadata": {"name": "web", "labels": {"app": "old"}}}
        seen = subject(operation="UPDATE", old=before)
        text = "request.operation == 'UPDATE' && oldObject.metadata.labels.app == object.metadata.labels.app"
        assert judged(text, seen).state == "fail"
        assert judged("oldObject.metadata.namespace == 'default'", seen).state == "pass"

    def test_the_next_resource_is_another(self) -> None:
        """The variables of a resource are kept for the rules that follow; those of the next are its own."""
        rule = compile_rule(RuleText([{"expression": "object.metadata.name == 'web'"}]), "spec")
        other = {**POD, "metadata": {"name": "other"}}
        assert [rule.judge(subject(body)).state for body in (POD, other, POD)] == ["pass", "fail", "pass"]


class TestVariables:
    @staticmethod
    def rule(expression: str, *variables: tuple[str, str], **more: Any) -> Outcome:
        named = [{"name": name, "expression": text} for name, text in variables]
        return judged(expression, variables=named, **more)

    def test_they_build_on_each_other(self) -> None:
        spoken = [("all", "object.spec.containers"), ("names", "variables.all.map(one, one.name)")]
        assert self.rule("variables.names == ['web', 'side']", *spoken).state == "pass"
        assert self.rule("has(variables.names) && variables.?names.hasValue()", *spoken).state == "pass"

    def test_one_that_breaks_counts_where_it_is_asked_for(self) -> None:
        broken = ("broken", "object.nowhere")
        assert self.rule("true || variables.broken", broken).state == "pass"
        assert self.rule("object.metadata.name == 'web'", broken).state == "pass"
        assert self.rule("variables.broken", broken).state == "fail"

    def test_one_may_be_optional(self) -> None:
        assert self.rule("variables.maybe.orValue(1) == 1", ("maybe", "object.spec.?volumes")).state == "pass"

    def test_there_may_be_many(self) -> None:
        """More than the engine is deep; one is optional, one breaks, and one is asked for by two others."""
        many = [("v0", "1"), *((f"v{at}", f"variables.v{at - 1} + 1") for at in range(1, 40))]
        maybe = ("maybe", "object.?spec.?containers")
        broken = ("broken", "object.nowhere + variables.v39")
        named = ("named", "variables.maybe.orValue([]).map(one, one.name)")
        spoken = [*many, maybe, broken, named]
        text = "variables.v39 == 40 && variables.named == ['web', 'side'] && variables.?named.hasValue()"
        assert self.rule(f"{text} && variables.maybe.hasValue()", *spoken).state == "pass"
        assert self.rule("variables.v39 == 41", *spoken).state == "fail"
        assert self.rule("variables.v39 == 40 || variables.broken == 1", *spoken).state == "pass"
        outcome = self.rule("variables.broken == 1", *spoken)
        assert (outcome.state, 'Key not found in map : "nowhere"' in outcome.message) == ("fail", True)

    def test_what_many_need_from_elsewhere(self) -> None:
        asked = ("v0", "int(resource.Get('v1', 'configmaps', 'a', 'b').data.c)")
        many = [asked, *((f"v{at}", f"variables.v{at - 1} + 1") for at in range(1, 40))]
        assert self.rule("variables.v39 == 40", *many).state == "not evaluable here"

    def test_a_later_one_is_unknown(self) -> None:
        with pytest.raises(CelError, match="no variable `b`"):
            self.rule("true", ("a", "variables.b"), ("b", "1"))


class TestOutcomes:
    CONDITION = ({"name": "a", "expression": "object.kind == 'Service'"},)
    BROKEN = ({"name": "a", "expression": "object.nowhere"},)

    def test_conditions_skip(self) -> None:
        assert judged("false", conditions=self.CONDITION).state == "skip"
        assert judged("false", conditions=(*self.BROKEN, *self.CONDITION)).state == "skip"

    def test_conditions_that_break(self) -> None:
        assert judged("true", conditions=self.BROKEN).state == "fail"
        assert judged("true", conditions=self.BROKEN, broken="error").state == "error"
        assert judged("true", conditions=self.BROKEN, strict=False).state == "skip"

    def test_conditions_about_the_user(self) -> None:
        """Who makes the change is unknown: ignoring what breaks must not skip the rule."""
        about_user = ({"name": "a", "expression": "request.userInfo.username != 'robot'"},)
        for strict in (True, False):
            assert judged("false", conditions=about_user, strict=strict).state == "not evaluable here"

    def test_expressions_that_break(self) -> None:
        assert judged("object.nowhere", broken="error").state == "error"
        assert judged("object.nowhere", strict=False).state == "error"

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"message": " Two \n words "}, "Two words"),
            ({"messageExpression": "'name ' + object.metadata.name", "message": "x"}, "name web"),
            ({"messageExpression": "object.nowhere", "message": "x"}, "x"),
            ({"messageExpression": "'a\\nb'", "message": "x"}, "x"),
            ({}, "said for all"),
        ],
    )
    def test_messages(self, fields: dict[str, str], words: str) -> None:
        text = RuleText([{"expression": "false", **fields}], message="said for all")
        assert compile_rule(text, "spec").judge(subject()) == Outcome("fail", words)

    def test_nothing_of_a_secret_is_said(self) -> None:
        seen = subject({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"key": "hush"}})
        validation = {"expression": "object.data.key == ''", "messageExpression": "'found ' + object.data.key"}
        assert compile_rule(RuleText([validation], message="said"), "spec").judge(seen) == Outcome("fail", "said")
        outcome = judged("quantity(object.data.key).sign() == 1", seen)
        assert (outcome.state, "hush" in outcome.message, "breaks" in outcome.message) == ("fail", False, True)

    def test_the_place_of_a_broken_expression(self) -> None:
        with pytest.raises(CelError) as broken:
            compile_rule(RuleText([{"expression": "true"}, {"expression": "1 +"}]), "spec.rules[0].validate.cel")
        assert broken.value.key == "spec.rules[0].validate.cel.validations[1].expression"


BOMBS = [
    ("lists.range(200).all(a, lists.range(200).all(b, a + b >= 0))", "error", "Iteration budget exceeded"),
    ("lists.range(9999).all(i, object.data.a.matches('x+'))", "error", "too much text"),
    ("lists.range(1000000).size() > 0", "fail", "more than 10000"),
    ('["x"]' + ".map(a, a + a)" * 25 + "[0].size() > 0", "ElsewhereError", "grow"),
    ("cel.bind(a, object.data.a.replace('x', 'xxxx'), a.replace('x', a) != '')", "fail", "longer than"),
    ("object.data.a.replace('x', object.data.a).size() > 0", "fail", "longer than"),
    ("object.data.a.matches('(x+x+)+y')", "fail", "does not hold"),
    ("object.data.a.find('(x+x+)+y') != ''", "fail", "does not hold"),
    ("object.data.a.matches('((x{100}){100}){100}')", "fail", "no regular expression"),
    ("+".join(["1"] * 200) + " == 200", "ElsewhereError", "deeper than"),
    ("(" * 500 + "true" + ")" * 500, "ElsewhereError", "deeper than"),
    ("(" * 5000 + "true" + ")" * 5000, "ElsewhereError", "deeper than"),
    ("true ? 1 == 1 : " * 900 + "false", "ElsewhereError", "deeper than"),
    ("has(x." * 1500 + "y" + ")" * 1500, "ElsewhereError", "deeper than"),
    ("a.all(b, c, " * 900 + "true" + ")" * 900, "ElsewhereError", "deeper than"),
    ("x.orValue(" * 900 + "true" + ")" * 900, "ElsewhereError", "deeper than"),
    ("object" + ".a" * 3000 + ".orValue(1)" * 400 + " == 1", "ElsewhereError", "deeper than"),
    ("'" + "x" * 30_000 + "' != ''", "ElsewhereError", "longer than"),
    ("'%.999999999f'.format([1.0]) != ''", "fail", "precision"),
    ("object.data.b == 1", "fail", "out of range"),
]


@pytest.mark.parametrize(("expression", "state", "words"), BOMBS, ids=range(len(BOMBS)))
def test_a_bomb_is_told_soon(expression: str, state: str, words: str) -> None:
    """What would take memory or time without end becomes words about the policy."""
    data = {"a": "x" * 20_000} | ({"b": 2**80} if "data.b" in expression else {})
    seen = subject({**POD, "data": data})
    start = time.process_time()
    try:
        outcome = judged(expression, seen)
    except (CelError, ElsewhereError) as broken:
        assert (type(broken).__name__, words in str(broken)) == (state, True), str(broken)
    else:
        assert (outcome.state, words in outcome.message) == (state, True), outcome
    assert time.process_time() - start < 5


def test_a_bomb_is_given_up() -> None:
    """Each resource costs the whole budget: after some the expression is not tried again."""
    rule = compile_rule(
        RuleText([{"expression": "lists.range(9999).all(i, object.data.a.matches('^[0-9]+(x+)+$'))"}]), "spec"
    )
    start = time.process_time()
    for number in range(200):
        outcome = rule.judge(subject({**POD, "data": {"a": f"{number}" + "x" * 20_000}}))
        assert outcome.state == "error"
    assert time.process_time() - start < 20


class TestWords:
    @pytest.mark.parametrize("text", [*TRUE, "a . b\n// c\n'''x'y''' + r\"\\\" + b'z'"])
    def test_nothing_is_lost(self, text: str) -> None:
        assert joined(tokens_of(text)) == text

    def test_texts_and_fields_are_left_alone(self) -> None:
        text = """a.variables.b == "variables.c" && 'it\\'s x.orValue(1)' != '' && x.b.c"""
        assert rewrite(text) == (text, ())

    def test_plain_fields_are_taken_as_they_are(self) -> None:
        assert rewrite("object.spec.a.orValue([])")[0] == "object.spec.a"
        assert rewrite("object.spec.?a.b.orValue([])")[0] == "object.spec.?a.b.orValue([])"

    @pytest.mark.parametrize("text", ["x + [?y]", "[?y]", "a ? [1] : b", "x in [?y]", "has(a)"])
    def test_care_where_nothing_is_selected(self, text: str) -> None:
        assert careful(text) == text


def test_without_the_engine_nothing_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "cel", None)
    with pytest.raises(ElsewhereError, match=ABSENT[:20]):
        judged("true", world=World())
