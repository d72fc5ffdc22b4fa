"""What the verbs of activities refuse with."""

from backend.core.errors import Damaged, Malformed, Refusal, TooLarge, WrongType


class ActivityIdTaken(Refusal):
    """Another visit, expense or file already has this id."""

    code = "activity-id-taken"


class TimesWrong(Malformed):
    """A visit cannot end before it starts."""

    code = "visit-times-wrong"


class AmountWrong(Malformed):
    """An expense is more than nothing, and its VAT is part of it."""

    code = "expense-amount-wrong"


class CurrencyUnknown(Malformed):
    """The company does not keep this currency."""

    code = "expense-currency-unknown"


class VisitOfAnother(Malformed):
    """The visit named is not one of this customer."""

    code = "expense-visit-of-another"


class NoPosition(Refusal):
    """Somebody without a position cannot claim expenses: there is no line they would belong to."""

    code = "expense-no-position"


class FileEmpty(Malformed):
    """The file has no bytes."""

    code = "file-empty"


class FileTooLarge(TooLarge):
    """The file is larger than `limit_mb` megabytes."""

    code = "file-too-large"


class FileTypeRefused(WrongType):
    """Only JPEG, PNG, WebP and PDF are taken, judged by the bytes and not by the name."""

    code = "file-type-refused"


class FileBroken(Malformed):
    """The file breaks off or contradicts itself."""

    code = "file-broken"


class TooManyPixels(TooLarge):
    """The picture has more pixels than `limit_megapixels` million."""

    code = "file-too-many-pixels"


class FileAwaited(Refusal):
    """The row is there, its bytes are still on the phone."""

    code = "file-awaited"


class FileDiffers(Damaged):
    """The bytes that came are not the ones that were announced."""

    code = "file-differs"


class VisitClosed(Refusal):
    """A visit may be changed by who made it for `hours` hours after the office had it."""

    code = "visit-closed"


class ExpenseClosed(Refusal):
    """An expense may be changed by who claimed it until somebody decides on it; `state` is where it stands."""

    code = "expense-closed"
