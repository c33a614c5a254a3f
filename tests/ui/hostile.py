"""Article text that would like to be more than text."""

ATTACKS = (
    '<script>window.hacked = "script"</script>',
    '<img src="http://evil.example/1.png" onerror="window.hacked = 1">',
    '<iframe src="http://evil.example/frame"></iframe>',
    '<a href="http://evil.example/a">an anchor</a> and <b>bold</b>',
    "![an image](http://evil.example/2.png) stands here",
    "![by reference][image] stands here",
    "[image]: http://evil.example/3.png",
    "[a link](http://evil.example/link) stands here",
    "[a script link](javascript:window.hacked=2) stands here",
    "<http://evil.example/brackets> stands here",
    "A bare address http://evil.example/bare stands here",
    "A bare host www.evil.example/host stands here",
    "An address reporter@evil.example stands here",
    "Mail mailto:reporter@evil.example stands here",
    "# A heading that is none",
    "> A quotation that is none",
    "- A list that is none",
    "1. A numbered list that is none",
    "2) Another numbered list that is none",
    "* * *",
    "| a | table | that | is | none |",
    "| --- | --- | --- | --- | --- |",
    "```python",
    "~~~",
    "`code` that is **bold** and _slanted_ and ~~struck~~",
    "A formula $x^2$ and another $$\\frac{1}{2}$$ for $5 or $10",
    "Words in :red[red], on :blue-background[blue], a :green-badge[badge] and :small[small]",
    "Icons :smile: :+1: :material/home: :material_home: :streamlit: stand here",
    "Arrows -> <- <-> and -- and >= <= ~= stand here",
    "Entities &lt;b&gt; &amp; &#33; &copy; stand here",
    "A note[^1] stands here",
    "[^1]: http://evil.example/note",
    "Brackets ] and [ and ]( and ) and { and } and \\ stand here",
    ":::note",
    "::leaf[text]{onclick=window.hacked=3}",
    ":text[text]{onmouseover=window.hacked=4}",
    ":color[text]{foreground=red background=url(http://evil.example/4.png)}",
    '<style>body { background: url("http://evil.example/5.png") }</style>',
    "<svg onload='window.hacked = 5'></svg>",
    "A template ${window.hacked = 6} and {{ window.hacked = 7 }} stand here",
    "===",
)
"""Lines that would be more than text if Markdown or HTML were read in them."""

HOSTILE_SENTENCE = (
    "The harbour master said that 37 fishing boats sank in the storm ![x](http://evil.example/a.png)"
    ' <img src="http://evil.example/b.png" onerror="window.hacked=8">'
    " [y](javascript:window.hacked=9) :red[red] :smile: $$z$$ ]( [1](http://evil.example/c)"
    " before dawn on Tuesday."
)
HOSTILE_TITLE = "Storm <b>sinks</b> ![boats](http://evil.example/t.png) :red[off] $x$ the coast"
HOSTILE_OUTLET = "The Evil ![o](http://evil.example/o.png) Post"
HOSTILE_QUESTION = (
    "How many fishing boats sank in the storm? <b>x</b> ![q](http://evil.example/q.png)"
)
