"""Errors that a person may read: what went wrong, where, and what to do next."""


class ToileError(Exception):
    """Base of every expected failure.

    ``what`` is one sentence without its full stop; ``where`` names the file, field or device;
    ``hint`` is a sentence that says what to do next. ``str()`` joins the three on one line.
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what = what.rstrip(".")
        self.where = where
        self.hint = hint
        super().__init__(what, where, hint)

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"{self.what}{place}." + (f" {self.hint}" if self.hint else "")

    @property
    def line(self) -> str:
        """What and where without the hint, for places that show the hint apart."""
        return f"{self.what} ({self.where})." if self.where else f"{self.what}."


class LabelMapError(ToileError):
    """A file or array that is no label map of the palette in use."""


class PictureError(ToileError):
    """A picture that cannot be read or written."""


class PackError(ToileError):
    """A model pack that is missing, altered, foreign or does not fit the program."""


class DeviceError(ToileError):
    """A device or provider that cannot be used."""


class SettingsError(ToileError):
    """A setting that cannot be read, stored or applied."""


class Cancelled(ToileError):
    """The work was stopped because someone asked for it; not a failure."""

    def __init__(self, what: str = "Cancelled", *, where: str = "", hint: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
