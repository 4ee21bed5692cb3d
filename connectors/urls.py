"""One address for one article: the canonical URL, whatever way a link was decorated.

    https://m.example.org:443/a/b/amp/?utm_source=rss&id=7#top  ─►  https://example.org/a/b?id=7

Rules follow RFC 3986 section 6 (case, ports, percent-encoding) and, beyond it, what publishers do: tracking
parameters, mobile and AMP twins, visible redirect targets. Opaque redirectors cannot be resolved without
asking them; they are kept as they are and marked as leads.
"""

from __future__ import annotations

import functools
import re
from urllib.parse import parse_qsl, quote, urlsplit

_TRACKING = re.compile(
    r"utm_\w*|utm|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|li_fat_id|mc_cid|mc_eid|"
    r"mkt_tok|_hsenc|_hsmi|hsctatracking|vero_id|vero_conv|oly_anon_id|oly_enc_id|rb_clickid|s_cid|s_kwcid|ns_\w+|"
    r"at_\w+|xtor|cmpid|cmp|icid|ito|itid|ocid|ncid|smid|smtyp|partner|pk_\w+|mtm_\w+|piwik_\w+|matomo_\w+|wt_\w+|wt\.\w+|"
    r"ref|ref_src|ref_url|referrer|referer|rss|feed_?id|source_?rss|spm|share|shared|sr_share|sh|taid|trk|trkcampaign|"
    r"guccounter|guce_\w+|fb_action_\w+|fb_ref|fb_source|action_object_map|action_ref_map|_ga|_gl|campaign_?id|"
    r"jsessionid|phpsessid|sessionid|sid|amp|outputtype|__twitter_impression|cid|ftag|intcid|traffic_source|"
    r"mbid|ex_cid|tpcc|mod|src|soc_src|soc_trk|via|cmd_?id|xg_source|_?branch_match_id|wprov|_x_tr_\w+",
    re.IGNORECASE,
)
"""Whole names of query parameters that never choose the article."""

_MEANINGFUL_SOMEWHERE = frozenset(
    {"cid", "sid", "src", "ref", "mod", "share", "via", "sh", "partner", "cmp", "rss"}
)
"""Short names above that do choose it on some sites: kept when their value looks like an article number."""

_MOBILE = re.compile(r"^(?:www\d?|m|mobile|amp|wap)\.(?=[^.]+\.[^.]+)")
_MOBILE_INSIDE = re.compile(r"^([a-z]{2,3})\.m\.(?=[^.]+\.[^.]+)")  # en.m.wikipedia.org
_AMP_PATH = re.compile(r"(?:/amp|\.amp|/amp\.html|\.amp\.html|/amphtml)/?$|^/amp(?=/.)", re.IGNORECASE)
_AMP_CACHE = re.compile(r"^/(?:[a-z]/)?(s/)?(.+)$")
_SESSION = re.compile(r";(?:jsessionid|sid|phpsessid)=[^/?]*", re.IGNORECASE)
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)$", re.IGNORECASE)

_VISIBLE_TARGETS = {
    "google.com": ("/url", ("q", "url")),
    "l.facebook.com": ("/l.php", ("u",)),
    "facebook.com": ("/l.php", ("u",)),
    "youtube.com": ("/redirect", ("q",)),
    "bing.com": ("/news/apiclick.aspx", ("url",)),
    "out.reddit.com": ("", ("url",)),
    "slack-redir.net": ("/link", ("url",)),
    "linkedin.com": ("/redir/redirect", ("url",)),
}
"""Redirectors that carry their target in the query: host, path prefix, parameter names."""

_OPAQUE_HOSTS = frozenset(
    [
        "news.google.com",
        "t.co",
        "bit.ly",
        "ow.ly",
        "buff.ly",
        "dlvr.it",
        "lnkd.in",
        "goo.gl",
        "feedproxy.google.com",
        "ift.tt",
        "trib.al",
        "flip.it",
        "apple.news",
        "rss.app",
        "tinyurl.com",
        "is.gd",
        "j.mp",
        "reut.rs",
        "nyti.ms",
        "wapo.st",
        "bbc.in",
        "ift.tt",
        "aka.ms",
        "shorturl.at",
    ]
)

_PATH_SAFE = "/:@!$&'()*+,;=~-._%"
_QUERY_SAFE = "/:@!$'()*,~-._"
_ESCAPE = re.compile("%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@functools.lru_cache(maxsize=8192)
def canonical_host(host: str) -> str:
    """Host name as it is compared: lower case, IDN in its ASCII form, without www, m, mobile, amp."""
    host = host.rstrip(".").lower()
    if not host.isascii():
        import idna

        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            host = quote(host, safe="")
    shorter = _MOBILE_INSIDE.sub(r"\1.", _MOBILE.sub("", host))
    return shorter if "." in shorter else host


def canonical_url(url: str) -> str:
    """The one address of an article; empty when `url` is no http(s) address."""
    return _canonical(url, 3)


def _canonical(url: str, unwrap: int) -> str:
    try:
        parts = urlsplit(url.strip())
        port, name = parts.port, parts.hostname
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not name:
        return ""
    host = canonical_host(name)
    if unwrap and (target := _visible_target(host, parts.path, parts.query)):
        return _canonical(target, unwrap - 1)
    if port and port not in (80, 443):
        host = f"{host}:{port}"
    path = _canonical_path(parts.path)
    query = _canonical_query(parts.query) if parts.query else ""
    fragment = f"#{parts.fragment.rstrip()}" if parts.fragment.startswith("!") else ""
    return f"https://{host}{path}{'?' + query if query else ''}{fragment}"


def _canonical_path(path: str) -> str:
    if "%" in path or " " in path or not (path.isascii() and path.isprintable()):
        path = quote(_ESCAPE.sub(_plain_or_upper, path), safe=_PATH_SAFE)
    path = _SESSION.sub("", path)
    path = _AMP_PATH.sub("", path)
    path = _INDEX.sub("", path)
    return path.rstrip("/") or "/"


def _plain_or_upper(escape: re.Match[str]) -> str:
    """RFC 3986 6.2.2.2: decode what never needed escaping, write the rest in upper case."""
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def _canonical_query(query: str) -> str:
    kept = [
        (name, value)
        for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=200, errors="replace")
        if (name or value) and not _tracks(name, value)
    ]
    quoted = [(quote(name, safe=_QUERY_SAFE), quote(value, safe=_QUERY_SAFE)) for name, value in sorted(kept)]
    return "&".join(f"{name}={value}" if value else name for name, value in quoted)


def _tracks(name: str, value: str) -> bool:
    if not _TRACKING.fullmatch(name):
        return False
    return not (name.lower() in _MEANINGFUL_SOMEWHERE and value.isdigit() and len(value) >= 4)


def _visible_target(host: str, path: str, query: str) -> str:
    if host.endswith(".cdn.ampproject.org") or (host == "google.com" and path.startswith("/amp/")):
        found = _AMP_CACHE.match(path.removeprefix("/amp"))
        return f"https://{found[2]}{'?' + query if query else ''}" if found and "." in found[2] else ""
    if (rule := _VISIBLE_TARGETS.get(host)) and path.startswith(rule[0]):
        values = dict(parse_qsl(query, max_num_fields=200))
        return next(
            (values[name] for name in rule[1] if values.get(name, "").startswith(("http://", "https://"))), ""
        )
    return ""


def is_redirector(url: str) -> bool:
    """True when a canonical URL only leads to an article and does not say to which."""
    return bool(url) and url.split("/", 3)[2] in _OPAQUE_HOSTS
