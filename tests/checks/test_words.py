"""Paths, quantities, image references and generated names are read as Kubernetes and kustomize write them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.checks.amounts import Image, parse_image, parse_quantity
from bot.checks.fieldpath import dotted, parse
from bot.checks.hashed import stem

PATHS: list[tuple[tuple[str | int, ...], str]] = [
    ((), ""),
    (("spec", "containers", 0, "image"), "spec.containers[0].image"),
    (("metadata", "labels", "example.com/team"), 'metadata.labels["example.com/team"]'),
    (("data", "a b"), 'data["a b"]'),
    (("data", ""), 'data[""]'),
    (("data", "7"), "data.7"),
]


@pytest.mark.parametrize(("path", "text"), PATHS)
def test_paths(path: tuple[str | int, ...], text: str) -> None:
    assert dotted(path) == text
    assert parse(text) == path


@given(st.lists(st.integers(0, 99) | st.text(), max_size=5))
def test_every_path_can_be_read_back(path: list[str | int]) -> None:
    assert parse(dotted(path)) == tuple(path)


@given(st.text(alphabet='ab.[]"\\0 7', max_size=12))
def test_no_text_breaks_the_reader(text: str) -> None:
    parse(text)


QUANTITIES: list[tuple[Any, Decimal | None]] = [
    ("500m", Decimal("0.5")),
    ("1", Decimal(1)),
    (2, Decimal(2)),
    (0.1, Decimal("0.1")),
    ("1Gi", Decimal(1024**3)),
    ("1G", Decimal(10**9)),
    ("1e3", Decimal(1000)),
    ("12E", Decimal(12) * 10**18),
    (".5", Decimal("0.5")),
    ("-1k", Decimal(-1000)),
    ("1 Gi", None),
    ("Gi", None),
    ("", None),
    (True, None),
    (None, None),
    ("1e999", None),
]


@pytest.mark.parametrize(("value", "amount"), QUANTITIES)
def test_quantities(value: Any, amount: Decimal | None) -> None:
    assert parse_quantity(value) == amount


IMAGES = [
    ("nginx", Image("nginx")),
    ("nginx:1.25", Image("nginx", "1.25")),
    ("localhost:5000/nginx", Image("localhost:5000/nginx")),
    ("localhost:5000/a/b:1@sha256:ff", Image("localhost:5000/a/b", "1", "sha256:ff")),
    ("nginx@sha256:ff", Image("nginx", "", "sha256:ff")),
    ("", Image("")),
]


@pytest.mark.parametrize(("reference", "image"), IMAGES)
def test_images(reference: str, image: Image) -> None:
    assert parse_image(reference) == image


STEMS = [
    ("settings-7b9k2m5f8t", "settings"),
    ("a-b-c4h6g8d2tk", "a-b"),
    ("settings", None),
    ("settings-production", None),
    ("settings-0123456789", None),
    ("-7b9k2m5f8t", None),
]


@pytest.mark.parametrize(("name", "expected"), STEMS)
def test_generated_names(name: str, expected: str | None) -> None:
    assert stem(name) == expected
