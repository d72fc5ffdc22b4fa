"""What the door for phones refuses with."""

from backend.core.errors import Damaged, Malformed, NotAllowed, NotVisible, Refusal, TooLarge, TooMany, WrongType


class BatchTooLarge(TooLarge):
    """More mutations or bytes in one request than the office takes: halve it and send again."""

    code = "sync-batch-too-large"


class NotGzip(Malformed):
    """The body says it is gzip, but is not."""

    code = "sync-not-gzip"


class UnknownMutation(Malformed):
    """A name or a shape version the office does not know: perhaps the phone is newer. Not recorded."""

    code = "unknown-mutation"


class IdReused(Refusal):
    """The id of this mutation was answered before, for another content."""

    code = "mutation-id-reused"


class DependencyMissing(Refusal):
    """A mutation this one builds on has not been applied (yet)."""

    code = "dependency-missing"


class Temporary(Refusal):
    """The office could not do this one now; nothing of it was done."""

    code = "temporary"
    status = 503


class OutOfScope(NotAllowed):
    """The customer changed hands; what may not be done late goes to the person now in charge."""

    code = "out-of-scope"


class UploadUnknown(NotVisible):
    """No such upload, or somebody else's."""

    code = "upload-unknown"


class UploadGone(Refusal):
    """The upload was not finished in time."""

    code = "upload-gone"
    status = 410


class MetadataWrong(Malformed):
    """`Upload-Metadata` lacks a field or holds a wrong value."""

    code = "upload-metadata"


class LengthWrong(Malformed):
    """`Upload-Length` is missing or no number."""

    code = "upload-length"


class OffsetWrong(Refusal):
    """The bytes do not follow the ones the office has."""

    code = "upload-offset"


class UploadBusy(Refusal):
    """Another request is writing this upload at this moment."""

    code = "upload-busy"
    status = 423


class ChecksumWrong(Damaged):
    """A part was damaged on the way; nothing of it was kept."""

    code = "upload-checksum"


class HashWrong(Damaged):
    """The whole file does not have the announced sha256; it was thrown away."""

    code = "upload-hash"


class TusVersionWrong(Refusal):
    """`Tus-Resumable` must be 1.0.0."""

    code = "upload-version"
    status = 412


class UploadTypeWrong(WrongType):
    """A part comes as `application/offset+octet-stream`."""

    code = "upload-content-type"


class UploadsWait(Refusal):
    """So many uploads are under way that this one has to wait; nothing of it was read. Come again."""

    code = "uploads-wait"
    status = 503


class TooManyUploads(TooMany):
    """One person has too many unfinished uploads."""

    code = "upload-quota"


class NoRoomLeft(Refusal):
    """One person has sent `used_mb` of a day's `limit_mb` megabytes; there is room again in `retry_after` seconds."""

    code = "upload-room"
    status = 507


class UploadTooLong(TooLarge):
    """More bytes than the upload's announced length; it was thrown away."""

    code = "upload-too-long"


class DiskFull(Refusal):
    """The office has no room left; what had arrived is kept, try again later."""

    code = "disk-full"
    status = 507
