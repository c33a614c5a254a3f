"""What signatures, bands and stories cost an article, and that it hardly grows with the archive.

python -m pytest tests/vectorstore/test_stories_cost.py -m slow -s prints the milliseconds of
processor time.
"""

from pathlib import Path
from time import process_time

import pytest
from prose import prose

from corpus import Article
from vectorstore import Catalog
from vectorstore.settle import settle
from vectorstore.stories import count_stories

WORDS = 400
COPIED = 10
"""One article in so many is carried by another outlet as well."""


def cost(path: Path, number: int) -> float:
    """Milliseconds of processor time an article, all of them new in one write."""
    catalog = Catalog.create(path)
    for at in range(number):
        copied = at % COPIED == 1
        text, outlet = prose(at - copied, WORDS), "The Quay" if copied else "The Wire"
        catalog.add(Article(text=text, title=f"Article {at}", source=outlet), ())
    began = process_time()
    settle(catalog)
    spent = process_time() - began
    assert count_stories(catalog) == number // COPIED
    catalog.close()
    return 1000 * spent / number


@pytest.mark.slow
def test_an_article_costs_hardly_more_in_a_large_archive(tmp_path: Path) -> None:
    small, large = (cost(tmp_path / f"{number}.db", number) for number in (2_000, 10_000))
    print(f"\n{small:.2f} ms an article among 2,000, {large:.2f} ms among 10,000")
    assert large < 2 * small
