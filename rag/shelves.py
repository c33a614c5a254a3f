"""What stands in an archive, looked up by id: articles, their versions and stories, old answers."""

from pathlib import Path
from typing import TYPE_CHECKING

from corpus import Article
from rag.conversation_types import Conversation
from rag.errors import ArticleNotFound
from rag.types import Answer, FigureChange, Story, Verification
from vectorstore import Filters, Generations

if TYPE_CHECKING:
    from rag.settings import Settings

__all__ = ["Shelves"]


class Shelves:
    """The part of `Archive` that needs neither an embedder nor a model."""

    settings: "Settings"
    _generations: Generations

    @property
    def home(self) -> Path:
        """The archive's folder."""
        return self.settings.home

    def article(self, article_id: str) -> Article:
        """One article. Raises ArticleNotFound."""
        with self._generations.snapshot() as snapshot:
            found = snapshot.catalog.article(article_id)
        if found is None:
            raise ArticleNotFound(f"no article {article_id} in {self.home}")
        return found

    def articles(self, filters: Filters | None = None) -> list[Article]:
        """All articles that pass the filters, newest first, undated last."""
        with self._generations.snapshot() as snapshot:
            return list(snapshot.catalog.articles(filters))

    def paths(self, article_id: str) -> list[str]:
        """Every file that holds an article, a place in a file as "path#place".

        Raises ArticleNotFound.
        """
        self.article(article_id)
        with self._generations.snapshot() as snapshot:
            found = snapshot.catalog.paths_of(article_id)
        return [f"{path}{'#' if member else ''}{member}" for path, member in found]

    def versions(self, article_id: str) -> list[Article]:
        """An article and the other versions of its page, newest first; only the first is live.

        Any version may be asked for. Raises ArticleNotFound.
        """
        from vectorstore.versions import versions_of

        self.article(article_id)
        with self._generations.snapshot() as snapshot:
            return versions_of(snapshot.catalog, article_id)

    def changes(self, article_id: str) -> list[FigureChange]:
        """The figures that changed between the versions of an article, the latest change first.

        Raises ArticleNotFound.
        """
        from rag.versions import figure_changes

        return figure_changes(self.versions(article_id))

    def stories(self) -> list[Story]:
        """Articles that carry the same text or nearly so, as groups of two or more."""
        from rag.versions import as_story
        from vectorstore.stories import stories

        with self._generations.snapshot() as snapshot:
            catalog = snapshot.catalog
            return [as_story(story, catalog=catalog) for story in stories(catalog)]

    def story(self, article_id: str) -> Story:
        """The story of an article, of which it may be the only one. Raises ArticleNotFound."""
        from rag.versions import as_story
        from vectorstore.stories import story_of

        self.article(article_id)
        with self._generations.snapshot() as snapshot:
            return as_story(story_of(snapshot.catalog, article_id), catalog=snapshot.catalog)

    def verify(self, answer: Answer) -> list[Verification]:
        """Hold every citation of a stored answer against the archive as it is now."""
        from rag.recheck import verify

        with self._generations.snapshot() as snapshot:
            return verify(answer.citations, catalog=snapshot.catalog)

    def recheck(self, conversation: Conversation) -> dict[str, list[Verification]]:
        """The same for a whole conversation: what failed, by the id of the exchange."""
        from rag.recheck import recheck

        with self._generations.snapshot() as snapshot:
            return recheck(conversation, catalog=snapshot.catalog)
