"""Do the pages work in a real browser? Chromium, headless, pressed as a mouse presses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox_pages.conftest import REPOSITORY, Visitor
from tools.chromium import Browser, binary


@pytest.fixture
def browser(visitor: Visitor) -> Iterator[Browser]:
    if binary() is None:
        pytest.skip("no Chromium on this machine (CHROMIUM names one elsewhere)")
    with visitor.sandbox, Browser(seconds=30) as made:
        yield made


def text(browser: Browser) -> str:
    found = browser.evaluate("document.body.innerText")
    assert isinstance(found, str)
    return found


def test_pressing_merge(visitor: Visitor, browser: Browser) -> None:
    browser.open(f"{visitor.sandbox.url}{visitor.here}")
    browser.evaluate("document.querySelector('#person').value = 'carol';"
                     "document.querySelector('#person').dispatchEvent(new Event('change'))")  # fmt: skip
    browser.wait("the page as carol", lambda: "as carol" in text(browser))
    browser.press("#merge")
    browser.wait("the page to say so", lambda: "The pull request was merged into main" in text(browser))
    assert browser.evaluate("document.querySelector('.state').innerText").strip() == "Merged"
    pull = visitor.world.pull_of(REPOSITORY, visitor.number)
    assert pull.merged_by is visitor.world.account("carol")


def test_what_comes_later_appears_by_itself_but_not_under_the_hands(visitor: Visitor, browser: Browser) -> None:
    browser.open(f"{visitor.sandbox.url}{visitor.here}")
    browser.evaluate("document.querySelector('#body').value = 'half a thought'")
    visitor.world.comment(REPOSITORY, visitor.number, "carol", "<script>document.title = 'pwned'</script> late words")
    browser.evaluate("new Promise((done) => setTimeout(done, 2500))")
    assert "late words" not in text(browser)
    browser.evaluate("document.querySelector('#body').value = ''")
    browser.wait("the comment", lambda: "late words" in text(browser))
    assert browser.evaluate("document.title").startswith("Raise the image")
