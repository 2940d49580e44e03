"""The instruments of a server: its meters, and who writes its traces."""

from dataclasses import dataclass, field

from opentelemetry.trace import NoOpTracer, Tracer

from app.instruments.meters import Meters


@dataclass(frozen=True, slots=True)
class Instruments:
    """What is handed to whatever measures or traces; unless said, meters of its own, and no traces."""

    meters: Meters = field(default_factory=Meters)
    tracer: Tracer = field(default_factory=NoOpTracer)
