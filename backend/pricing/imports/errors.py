"""What importing prices refuses with."""

from backend.core.errors import Malformed, Refusal


class ImportBusy(Refusal):
    """The file is still being read or checked; or it has been applied and is not open to changes."""

    code = "import-busy"


class ImportHasErrors(Refusal):
    """`errors` rows are in error, and nobody said to leave them out."""

    code = "import-has-errors"


class ImportNothing(Refusal):
    """No row would change anything."""

    code = "import-nothing"


class ImportNoErrors(Refusal):
    """Every row could be taken: there is nothing to mend."""

    code = "import-no-errors"


class ImportStale(Refusal):
    """Prices, goods or customers have changed since the rows were checked: they have to be checked again."""

    code = "import-stale"


class ImportUsed(Refusal):
    """Orders were priced with this import; `orders` names the first of them, `count` says how many there are."""

    code = "import-used"


class ImportChangedSince(Refusal):
    """Somebody changed what this import had stored; `rules` names the first of them."""

    code = "import-changed-since"


class ImportNotApplied(Refusal):
    """Only what has been applied can be undone."""

    code = "import-not-applied"


class MappingMalformed(Malformed):
    """The mapping names a table, row, column or role that is not there, or one role twice."""

    code = "import-mapping-malformed"
