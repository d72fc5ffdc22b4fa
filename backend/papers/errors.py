"""What reading a paper refuses with: files that are not what they seem, or more than a reader should swallow."""

from backend.core.errors import Malformed, TooLarge


class PaperEmpty(Malformed):
    """A file of no bytes at all, or one without a table in it."""

    code = "paper-empty"


class PaperUnknown(Malformed):
    """Neither an .xlsx workbook nor a .docx document, whatever its name says."""

    code = "paper-unknown"


class PaperOld(Malformed):
    """A file of Excel or Word before 2007 (.xls, .doc): to be saved anew as .xlsx or .docx."""

    code = "paper-old"


class PaperLocked(Malformed):
    """Protected by a password, so nobody here can read it."""

    code = "paper-locked"


class PaperMacros(Malformed):
    """It carries programs (macros); only files without any are taken."""

    code = "paper-macros"


class PaperLinked(Malformed):
    """It reaches outside itself: entities, foreign templates or pictures to fetch."""

    code = "paper-linked"


class PaperBroken(Malformed):
    """Damaged, or put together as no office program does."""

    code = "paper-broken"


class PaperTooLarge(TooLarge):
    """More than `limit_mb` megabytes, packed or unpacked."""

    code = "paper-too-large"


class PaperTooWide(TooLarge):
    """More rows, columns, cells or levels than are read; `what` says which, `limit` how many are."""

    code = "paper-too-wide"


class PaperSlow(TooLarge):
    """Reading took more time or memory than a reader is given."""

    code = "paper-slow"
