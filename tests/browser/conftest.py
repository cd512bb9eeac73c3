"""Chromium as the system has it, driven by Playwright; one line says why tests are skipped without."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.browser.opened import AXE, CHROMIUM, Opened, Visitor

NEEDED = "make test-browser needs Chromium (apt-get install chromium), playwright and axe-core"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests."""
    playwright = pytest.importorskip("playwright.sync_api", reason=NEEDED)
    if CHROMIUM is None or not AXE.is_file():
        pytest.skip(NEEDED)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def visitor(chromium: Any) -> Iterator[Visitor]:
    """In a window of its own, without cookies."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield Visitor(context.new_page())
    context.close()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """Open for the tests of a file."""
    opened = Opened(tmp_path_factory.mktemp("jobs"))
    opened.open()
    yield opened
    opened.close()
