"""What of a saved page is not the article: the lines and the ends of lines, each by its form.

A rule names a form that prose does not take: a whole line, mostly without a full stop, that opens
with a known word. Being short or standing at the foot is never enough.
"""

import re

__all__ = ["REASONS", "alt_text", "credit_tail", "is_caption", "is_credit_list", "reason_of"]

REASONS = (
    "caption",
    "credit",
    "related",
    "share",
    "contact",
    "cookie",
    "newsletter",
    "advertisement",
    "repeated header",
    "alt text",
    "url",
    "navigation",
    "copyright",
)
"""Why cleaning takes a piece out of an article; docs/reading.md says what each stands for."""

_LONGEST = 500
_MOST_CAPTION_WORDS = 60
_AGENCY = (
    r"(?:Reuters|REUTERS|AP(?: Photo| Images)?|AFP|A[Pp][Aa] Images|EPA(?:-EFE)?|EFE|ANSA|ANP"
    r"|DPA|dpa|(?:The )?Associated Press|Agence France-Presse|Getty(?: Images)?|TASS"
    r"|RIA(?: Novosti)?|Sputnik|Interfax|Xinhua|Bloomberg(?: News)?|PA(?: Wire| Images)?"
    r"|Press Association|Anadolu(?: Agency)?|Shutterstock|Alamy(?: Stock Photo)?|iStock|Unsplash"
    r"|Wikimedia(?: Commons)?|Flickr|Rex(?: Features)?|ZUMA(?: Press)?|NurPhoto|Corbis|WireImage"
    r"|Magnum(?: Photos)?|Kyodo|UPI|The Canadian Press|NASA|Pool|POOL|Handout|HANDOUT|MT|SIPA)"
)
_NAME = r"(?:[^\W\d_a-zß-öø-ÿ][\w.’'-]*|de|da|van|von|der|den|bin|al|el|du|la|le)"
_NAMES = rf"{_NAME}(?: {_NAME}){{0,4}}"
_BY_AGENCY = (
    rf"(?:{_NAMES}(?: ?[/|] ?{_NAMES}){{0,2}} ?[/|] ?{_AGENCY}(?: ?/ ?{_AGENCY})*"
    rf"|{_AGENCY}(?: ?/ ?{_AGENCY})* ?/ ?{_NAMES}|{_NAMES}(?:,| via) Getty Images"
    rf"|{_AGENCY}/{_AGENCY}|Getty Images)"
)
_PICTURE = r"(?:[Pp]hoto(?:graph)?s?|PHOTO(?:GRAPH)?S?|[Pp]icture|[Ii]mage|IMAGE|[Ii]llustration)"
_LABELLED = (
    rf"(?:{_PICTURE}(?: [Cc]redit| [Cc]ourtesy(?: of)?| by)? ?: ?|{_PICTURE} (?:by"
    rf"|[Cc]ourtesy of) |Credit: )(?:(?:{_NAME}|for|the|of|via|and|by)[ ,/"
    rf"|]{{1,3}}){{0,9}}{_NAME}"
)
_EMAIL = r"<?[\w.+-]+@[\w-]+(?:\.[\w-]+)+>?"
_HANDLE = r"@\w{2,30}"
_NETWORK = (
    r"(?:facebook|twitter|x|linkedin|whatsapp|e-?mail|reddit|pinterest|telegram|messenger|instagram"
    r"|youtube|flipboard|pocket|tumblr|vk|bluesky|threads|mastodon|google\+?)"
)
_BAR = rf"(?:share|tweet|pin|print|save|copy link|link|{_NETWORK})"
_ROLE = r"(?:us|the (?:authors?|reporters?|writers?|editors?|newsroom|journalist|correspondent))"

# Reasons by form; matched against a whole line, without regard to case where (?i) stands.
_FORMS = tuple(
    (reason, re.compile(pattern))
    for reason, pattern in (
        (
            "related",
            (
                r"(?i)(?:(?:related|recommended|more|other|popular|top|latest) (?:posts|articles"
                r"|stories|content|coverage|links)|related|recommended(?: for you| reading)?"
                r"|most (?:read|popular|viewed|shared)|trending(?: now)?"
                r"|editor['’]?s['’]? picks?|read (?:more|next|also)|see also|also read"
                r"|more on this (?:story|topic)|(?:you (?:may|might) )(?:also )(?:like|enjoy)"
                r"|you (?:may|might) (?:also )?be interested in|what to read next"
                r"|up next)[:.…»›>→ ]*"
            ),
        ),
        (
            "related",
            (
                r"(?i)(?:read (?:more|also|next)|see also|also read|related|watch"
                r"|more(?: on [^:.]{2,40})?)\s*[:|»›>]\s*\S.*[^.!…:;,”\"]|more (?:on"
                r"|from) [^:.]{2,40}:"
            ),
        ),
        (
            "share",
            (
                rf"(?i)(?:share this(?: article| story| page| post)?|share (?:on|via"
                rf"|this on) {_NETWORK}(?:(?:,| and| or) {_NETWORK})*|share|tweet(?: this)?"
                rf"|{_BAR}(?:[ ,|·•/]+{_BAR})+|(?:follow|like|find|join) (?:us|the \w+(?: \w+)?"
                rf"|@\w+) on {_NETWORK}(?:(?:,| and|, and) {_NETWORK})*|\d+ shares?)[:.! ]*"
            ),
        ),
        (
            "contact",
            (
                rf"(?i:(?:contact|reach|e-?mail|write to) {_ROLE}(?: at| on| via)?:? (?:{_EMAIL}"
                rf"|{_HANDLE})|(?:e-?mail|contact|twitter|x): ?(?:{_EMAIL}|{_HANDLE})|{_EMAIL}"
                rf"|follow (?:him|her|them) on (?:twitter|x):? (?:at )?{_HANDLE})[.]?|(?:Contact"
                rf"|Reach|Email|E-mail|Follow)(?: reporter)? {_NAMES}(?: at| on Twitter"
                rf"| on X)?:? (?:{_EMAIL}|{_HANDLE})(?:[.;,] (?:or )?[Ff]ollow (?:him|her"
                rf"|them) on (?:Twitter|X):? {_HANDLE})?[.]?"
            ),
        ),
        (
            "cookie",
            (
                r"(?i)(?:(?:we|this (?:web)?site"
                r"|our (?:web)?site)(?: and our partners)? uses? cookies\b.{0,300}(?:by"
                r" continuing|accept|agree|consent|opt[ -]out|(?:privacy|cookie) (?:policy"
                r"|settings)|(?:on|of) (?:our|this) (?:web)?site|best experience).{0,200}"
                r"|by continuing to (?:use|browse|visit) (?:this"
                r"|our) (?:web)?site,? you (?:agree|consent|accept).{0,200}|(?:accept|reject"
                r"|allow|manage)(?: all)?(?: cookies)|(?:accept|reject) all|cookie (?:settings"
                r"|policy|preferences|notice|consent))[.!]?"
            ),
        ),
        (
            "newsletter",
            (
                r"(?i)\W*(?:(?:[\w -]{3,40}: )?(?:sign up|subscribe|register) (?:here )?(?:for"
                r"|to) (?:[\w’'-]+ ){0,6}newsletters?(?: (?:to (?:get|receive) [^.,]{3,90}|here"
                r"|now|today))?|a version of this (?:article|story) (?:first "
                r"|originally )?appeared in [^.]{3,80}newsletter\b.{0,120}|(?:sign up"
                r"|subscribe) (?:for|to) our\b.{0,60}|sign up (?:here|now|today)"
                r"|subscribe(?: here| now| today)?|get (?:our|the"
                r"|all the) (?:[\w’'-]+ ){0,5}(?:delivered |sent )?(?:straight |directly )?(?:to"
                r"|in) your inbox|enter your e-?mail address)[.!: ]*"
            ),
        ),
        (
            "advertisement",
            (
                r"(?i)(?:advertise?ment|sponsored(?: content| post)?|paid (?:post|content)"
                r"|promoted(?: content)?|(?:story|article) continues (?:below"
                r"|after)(?: (?:this )?(?:advertisement|ad|video))?|continue reading(?: below"
                r"| the main story)?|skip (?:this )?ad(?:vertisement)?"
                r"|scroll (?:down )?to continue(?: reading)?"
                r"|advertisement\W+scroll to continue.{0,20})[:.…↓ ]*"
            ),
        ),
        (
            "url",
            (
                r"(?i)(?:(?:original|source|canonical)? ?(?:url|link|article"
                r"|source)\s*:\s*<?https?://\S+>?|original (?:url|link|article):?"
                r"|<?https?://[^\s<>]+>?)[.]?"
            ),
        ),
        (
            "navigation",
            (
                r"(?i)(?:skip to (?:main )?(?:content|navigation)|back to (?:the )?top|menu"
                r"|log in|sign in|(?:previous|next) (?:article|story|page|post)"
                r"|page \d+(?: of \d+)?|print this(?: page| article)?|(?:view|show|read"
                r"|hide) (?:all )?comments|leave a (?:comment|reply)|(?:\d+ )comments?"
                r"|comments ?\(\d+\)|join the conversation|\d+ min(?:ute)?s? read|home(?: ?[>»›/"
                r"|] ?[^>»›/|.]{2,30}){1,5})[:.… ]*"
            ),
        ),
        (
            "copyright",
            (
                r"(?i)(?:©|\(c\)|copyright(?: ©| \(c\))?) (?:(?:19|20)\d\d"
                r"|.{0,80}all rights reserved).{0,80}|all rights reserved[.]?"
            ),
        ),
        (
            "credit",
            (
                rf"[(\[]?(?:{_LABELLED}|{_BY_AGENCY}|© ?{_NAMES}(?: ?/ ?{_AGENCY})?)[)\]]?[.]?"
                rf"|Contributing: {_NAMES}(?:[,;] {_NAMES})*|(?:Image|Media|Video) (?:copyright"
                rf"|source),? {_NAMES}(?: ?/ ?{_NAMES})*"
            ),
        ),
        (
            "caption",
            (
                r"(?:Image|Media|Video) caption,? [A-Z“\"].{5,400}|FILE PHOTO: .{5,400}"
                r"|Video Ad Feedback .{3,400}"
                rf"|[A-Z][^.!?]{{3,200}} {_NAMES}(?:/{_NAMES})*/{_AGENCY}"
                r"|FILE ?[-–—] (?:In this|This) .{0,80}photo\b.{5,400}"
                rf"|[(\[](?:Photo|Image|Picture)(?: caption)?: ?.{{3,300}}[)\]]"
            ),
        ),
    )
)
_REPORTING = re.compile(r"\(?(?:Additional |Further )?(?:[Rr]eporting|[Ww]riting|[Ee]diting) by ")
_REPORTING_WORD = re.compile(
    r"(?:[A-Z][\w.’'-]*|and|in|by|at|for|the|of|with|from|additional|further|reporting|writing"
    r"|editing|newsroom|bureau)[,;.)]*"
)
_PRESS_SERVICE = re.compile(rf"{_NAMES} [Pp]ress (?:[Ss]ervice|[Oo]ffice)")
_TAIL = re.compile(
    rf"(?<=[.!?”\"’\w)]) ?(?P<tail>[(\[](?:{_LABELLED}|{_BY_AGENCY})[)\]][.]?"
    rf"|(?<=[.!?”\"’)] )(?:{_LABELLED}|(?:Photo|Photograph|Picture|Image): ?{_BY_AGENCY}"
    rf"|{_NAMES}(?:/{_NAMES}){{0,3}}/{_AGENCY}))$"
)

# An image's alternative text, glued to the first word of the paragraph beside it: a file's name,
# a slug ("syria-civil-warThe flood"), or one word before a word that opens sentences.
_GLUED = re.compile(
    r"[\w-]+\.(?:jpe?g|png|gif|webp)(?=[A-Z“])|[a-z][a-z0-9]*(?:-[a-z0-9]+)*-(?:[a-z0-9]*\d"
    r"|[a-z]{3,})(?=[A-Z][a-z]+[ ,])|(?!(?:linked|plug|check|log|sign|built)In\b"
    r"|addOn\b)[a-z]{3,}(?=(?:The|This|That|These|Those|There|For|From|Now|When|While|After"
    r"|Before|In|On|At|As|It|He|She|We|They|But|And|If|One|With|By|To|An|A)[ ,])"
)

# A caption is often a noun with a participle and no verb: "Two men laying flowers at the gate."
_PARTICIPLE = re.compile(
    r"(?<=[\w’'] )(?!(?:king|thing|evening|morning|spring|building)\b)[a-z]{2,}ing\b"
)
_NO_PARTICIPLE_AFTER = re.compile(
    r"\b(?:is|are|was|were|be|been|being|am|of|by|for|after|before|while|when|in|on|at|from"
    r"|without|with|the|a|an|and|or|to|its|his|her|their|this|that|’s|'s)$",
    re.IGNORECASE,
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|am|be|been|has|have|had|do|does|did|will|would|can|could|may|might"
    r"|must|shall|should|says?|said|told|went|came|took|gave|made|got|saw|left|fell|rose|began"
    r"|won|lost|met|held|kept|stood|sat|ran|led|built|spent|sent|brought|bought|thought|found"
    r"|felt|knew|grew|drew|threw|broke|spoke|wrote|shot|hit|put|set|paid|became|means?|shows?"
    r"|seems?|remains?)\b|n['’]t\b",
    re.IGNORECASE,
)
_PAST = re.compile(r"(?<!\ba )(?<!\bthe )(?<!\ban )(?<!\bof )(?<!\bwith )(?<!\band )\b[a-z]+ed\b")


def reason_of(line: str) -> str:
    """Why a whole line is not the article's, one of REASONS; "" where it may be prose."""
    if len(line) > _LONGEST:
        return ""
    reason = next((reason for reason, form in _FORMS if form.fullmatch(line)), "")
    if not reason and _REPORTING.match(line):
        named = all(_REPORTING_WORD.fullmatch(word) for word in line.lstrip("(").split()[1:])
        return "credit" if named else ""
    if not reason and len(line.split()) <= _MOST_CAPTION_WORDS and credit_tail(line):
        return "caption"
    return reason


def is_credit_list(line: str) -> bool:
    """Whether a line names who gave a picture, in a form that needs a caption beside it."""
    return len(line) <= 80 and _PRESS_SERVICE.fullmatch(line) is not None


def is_caption(line: str) -> bool:
    """Whether a line has a caption's form: one phrase with a participle and no finite verb."""
    if len(line) > _LONGEST or re.search(r"[“\"?!;:]|[.] [A-Z]", line):
        return False
    doing = next(
        (
            m
            for m in _PARTICIPLE.finditer(line)
            if not _NO_PARTICIPLE_AFTER.search(line[: m.start() - 1])
        ),
        None,
    )
    return doing is not None and not _FINITE.search(line) and not _PAST.search(line)


def credit_tail(paragraph: str) -> str:
    """The photo credit in which a paragraph ends, "" for none."""
    end = paragraph[-160:]
    if "/" not in end and "hoto" not in end and "Getty" not in end:
        return ""
    match = _TAIL.search(paragraph, max(0, len(paragraph) - 160))
    return match["tail"] if match else ""


def alt_text(paragraph: str) -> str:
    """The alternative text of an image that is glued to a paragraph's first word, "" for none."""
    match = _GLUED.match(paragraph)
    return match[0] if match else ""
