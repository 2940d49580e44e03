"""Optional packages: what is said where one is needed and not installed."""


class MissingExtra(ImportError):  # noqa: N818 - the name is what went wrong
    """A format needs a package that is not installed; the sentence names the extra that brings it."""

    @classmethod
    def of(cls, doing: str, package: str, extra: str, error: ImportError) -> "MissingExtra":
        """Return the sentence for what cannot be done ("Writing ONNX")."""
        way = f"Install the extra in the checkout: pip install '.[{extra}]'."
        return cls(f"{doing} needs the package {package}, which cannot be imported: {error}. {way}")
