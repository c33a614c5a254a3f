"""Addresses in one form, so that two ways of writing the same page compare equal."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

__all__ = ["host_of", "page_of"]

# What mailings, feeds and social networks add to an address; none of it chooses the page.
_TRACKING = re.compile(
    r"utm_.*|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|twclid|ttclid|yclid|igshid|li_fat_id"
    r"|mc_cid|mc_eid|_hsenc|_hsmi|__twitter_impression|ref_src|cmpid|ocid|smid|s_cid"
    r"|at_(?:medium|campaign|custom\d+)|ns_(?:campaign|mchannel|source)",
    re.IGNORECASE,
)
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)


def page_of(url: str) -> str:
    """The page that an address names, "" for none: "example.org/news/17?id=4".

    Left out are the scheme, "www.", a port that goes without saying, the file name of an index,
    a slash at the end, the fragment and what tracks the reader; other parameters stay, in
    order of their names. A bare host and its index page name no article's page.
    """
    try:
        parts = urlsplit(_with_scheme(url.strip()))
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or "." not in host:
        return ""
    path = _INDEX.sub("", re.sub(r"/{2,}", "/", parts.path).rstrip("/"))
    given = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode(sorted(pair for pair in given if not _TRACKING.fullmatch(pair[0])))
    if not path and not query:
        return ""
    place = host if port in (None, 80, 443) else f"{host}:{port}"
    return f"{place}{path}?{query}" if query else f"{place}{path}"


def host_of(url: str) -> str:
    """The host of an address without "www.", "" for none."""
    try:
        return _host(urlsplit(_with_scheme(url.strip())).hostname or "")
    except ValueError:
        return ""


def _with_scheme(url: str) -> str:
    return url if re.match(r"[a-z][a-z0-9+.-]*:(?!\d)", url, re.IGNORECASE) else f"http://{url}"


def _host(name: str) -> str:
    return name.lower().rstrip(".").removeprefix("www.")
