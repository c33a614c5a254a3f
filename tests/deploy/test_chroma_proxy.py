"""A Chroma server behind nginx with a password, by its documented configuration."""

from pathlib import Path
from urllib.parse import quote

import pytest
from deploy.proxies import LOGIN, NEEDS_NGINX, free_port, proxied
from rounds import hashed
from servers.chroma_server import chroma_server

from vectorstore import VectorServerUnavailable


@pytest.mark.slow
@NEEDS_NGINX
def test_vectors_go_through_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user, password = map(quote, LOGIN)
    articles = tmp_path / "articles"
    articles.mkdir()
    for number in range(300):
        line = f"Ferry {number} carried {number} people to Sandholm in one day of March. "
        (articles / f"{number}.txt").write_text(f"Ferry number {number}\n\n{line * 45}\n")
    port = free_port()
    with (
        chroma_server(tmp_path / "data") as chroma,
        proxied(
            "nginx-chroma.conf",
            folder=tmp_path,
            port=port,
            names="subjectAltName=IP:127.0.0.1",
            changes={"listen 8443 ssl;": f"listen 127.0.0.1:{port} ssl;",
                     "127.0.0.1:8000": chroma.url.removeprefix("http://"),
                     "vectors.example.org": "127.0.0.1"},
        ) as certificate,
    ):  # fmt: skip
        behind = f"https://{user}:{password}@127.0.0.1:{port}"
        stranger = hashed(tmp_path / "home", chroma_url=behind)
        with pytest.raises(VectorServerUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            stranger.ingest(articles)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with hashed(tmp_path / "home", chroma_url=behind) as archive:
            assert archive.ingest(articles).articles == 300
            assert archive.search("ferry 7")
            assert all(finding.passed for finding in archive.doctor())
            shown = archive.status().vectors
        assert shown.endswith(f" at https://127.0.0.1:{port}")
        for wrong in (f"https://127.0.0.1:{port}", f"https://{user}:wrong@127.0.0.1:{port}"):
            with hashed(tmp_path / "home", chroma_url=wrong) as stranger:
                with pytest.raises(VectorServerUnavailable, match="401") as caught:
                    stranger.search("ferry 7")
                assert "wrong" not in str(caught.value)
