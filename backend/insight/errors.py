"""What insight refuses with."""

from backend.core.errors import Malformed, Refusal, TooMany


class MonthWrong(Malformed):
    """Months are written YYYY-MM; `from` is not after `to`; a report spans at most 120 months."""

    code = "month-wrong"


class RateMissing(Refusal):
    """An order's currency has no exchange rate on its day, so a total in the company's currency would be a guess."""

    code = "orders-rate-missing"


class PdfTooLong(Refusal):
    """More rows than a PDF is made of; the workbook has no such limit."""

    code = "pdf-too-long"


class ExportsTooMany(TooMany):
    """More exports in a minute than one person needs."""

    code = "exports-too-many"
