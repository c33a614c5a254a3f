"""Addresses in one form."""

import pytest

from corpus.pages import host_of, page_of

PAGE = "quay.example/2015/11/bridge"


@pytest.mark.parametrize(
    "url",
    [
        "https://quay.example/2015/11/bridge",
        "http://www.quay.example/2015/11/bridge/",
        "HTTPS://WWW.Quay.Example:443/2015/11/bridge#comments",
        "quay.example/2015//11/bridge",
        "  https://quay.example/2015/11/bridge/index.html/ ",
        "https://quay.example/2015/11/bridge?utm_source=feed&utm_medium=x&fbclid=1&gclid=2",
        "https://editor:secret@quay.example/2015/11/bridge?",
    ],
)
def test_ways_of_writing_one_page(url: str) -> None:
    assert page_of(url) == PAGE


def test_other_parameters_stay_in_order() -> None:
    assert page_of(f"https://{PAGE}?page=2&id=7&utm_id=1") == f"{PAGE}?id=7&page=2"
    assert page_of("https://quay.example/?p=17") == "quay.example?p=17"
    assert page_of("https://quay.example/index.php?id=3") != page_of(
        "https://quay.example/index.php?id=4"
    )
    assert page_of(f"https://{PAGE}?id=7") != page_of(f"https://{PAGE}")


def test_paths_keep_their_case_and_ports_count() -> None:
    assert page_of("https://quay.example/A") != page_of("https://quay.example/a")
    assert page_of("https://quay.example:8080/a") == "quay.example:8080/a"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://quay.example",
        "https://www.quay.example/",
        "https://quay.example/index.html?utm_source=x#top",
        "n/a",
        "mailto:ada@quay.example",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://[broken/a",
        "https://quay.example:port/a",
        "https:///a/b",
    ],
)
def test_what_names_no_page(url: str) -> None:
    assert page_of(url) == ""


def test_hosts() -> None:
    assert host_of("https://www.Quay.example:8080/a") == "quay.example"
    assert host_of("quay.example/a") == "quay.example"
    assert host_of("") == host_of("https://[broken/a") == ""
