"""A sweep as a folder of TensorBoard's logs, with its table of hyperparameters, and each trial as a run in it.

The extra is `tensorboard` itself: whoever wants these logs looks at them with it, and it writes events without
TensorFlow. `tensorboardX` would be smaller, but is another writer of the same format, which follows it later.
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from app.commands.trackers.told import ToldTrial

if TYPE_CHECKING:
    from logsweep.answers.sweeps import SweepAnswer

USUAL = "runs"
"""The folder that TensorBoard's users usually have."""

_EVENTS = "events.out.tfevents.logsweep"
_MARK = "logsweep.mark"


def failures() -> tuple[type[Exception], ...]:
    """Return what is raised where the folder cannot be written."""
    return (OSError,)


@final
class TensorboardTracker:
    """Writes a folder for the sweep in `place`."""

    def __init__(self, sweep: "SweepAnswer", place: str | None) -> None:
        from tensorboard.plugins.hparams import summary_v2  # noqa: PLC0415  # an extra

        self._hparams = summary_v2
        self._sweep = sweep
        self._numeric = _numeric(sweep)
        folder = Path(place or USUAL)
        # Found by the sweep's id, whatever it is called now.
        self._folder = next(folder.glob(f"*{sweep.id}"), folder / f"{_slug(sweep.name)}-{sweep.id}")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._metrics: dict[str, None] = {}
        self.place = str(self._folder)

    def has(self, trial: ToldTrial) -> bool:
        """Return whether the trial is there as it is."""
        self._metrics |= dict.fromkeys(trial.results)
        mark = self._folder / trial.name / _MARK
        return mark.exists() and mark.read_text() == trial.mark

    def write(self, trial: ToldTrial) -> None:
        """Write a trial in place of what was there of it."""
        folder, partial = self._folder / trial.name, self._folder.parent / f".{self._folder.name}-{trial.name}"
        shutil.rmtree(partial, ignore_errors=True)  # of one that was interrupted
        partial.mkdir()
        with _events(partial) as write:
            for moment, step, summary in self._summaries(trial):
                write(moment.timestamp(), step, summary)
        (partial / _MARK).write_text(trial.mark)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)

    def close(self) -> None:
        """Write what the sweep searches and measures, for the table of hyperparameters."""
        api = self._hparams
        created = self._sweep.created_at.timestamp()
        params = [api.HParam(name, domain) for name, domain in self._domains()]
        # Those of trials that an export of another part has written stay in the table.
        metrics = [api.Metric(name) for name in dict.fromkeys((*_known_metrics(self._folder), *self._metrics))]
        with _events(self._folder) as write:
            write(created, 0, api.hparams_config_pb(params, metrics, time_created_secs=created))
            write(created, 0, _text("sweep", _about(self._sweep)))

    def _summaries(self, trial: ToldTrial) -> Iterator[tuple[Any, int, Any]]:
        answer, begun, ended = trial.answer, trial.begun_at, trial.ended_at
        params = {name: self._plain(name, value) for name, value in answer.params.items() if value is not None}
        yield begun, 0, self._hparams.hparams_pb(params, trial.name, start_time_secs=begun.timestamp())
        for point in trial.curves:
            yield begun, point.epoch, _scalar(point.metric, point.value)
        for name, value in trial.results.items():
            yield ended, answer.best_epoch or 0, _scalar(name, value)
        yield ended, 0, _text("state", f"{answer.state}: {answer.reason}" if answer.reason else answer.state)
        yield ended, 0, _end(ended.timestamp(), good=answer.state in {"completed", "pruned"})

    def _plain(self, name: str, value: object) -> float | str:
        """Return a value as the table of hyperparameters has it: a number on a range, or a text among others."""
        return float(value) if name in self._numeric and isinstance(value, int | float) else _said(value)

    def _domains(self) -> Iterator[tuple[str, Any]]:
        api = self._hparams
        for name, values in _values(self._sweep).items():
            if name in self._numeric:
                yield name, api.RealInterval(*map(float, self._numeric[name]))
            else:
                yield name, api.Discrete(sorted(set(map(_said, values))))


def _known_metrics(folder: Path) -> Iterator[str]:
    """Yield the metrics of the table of hyperparameters as it was written before."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # noqa: PLC0415  # an extra
    from tensorboard.plugins.hparams import metadata, plugin_data_pb2  # noqa: PLC0415

    if not (folder / _EVENTS).exists():
        return
    tags = EventAccumulator(str(folder)).Reload().PluginTagToContent(metadata.PLUGIN_NAME)
    for content in tags.values():
        table = plugin_data_pb2.HParamsPluginData.FromString(content).experiment
        yield from (one.name.tag for one in table.metric_infos)


def _numeric(sweep: "SweepAnswer") -> dict[str, tuple[float, float]]:
    """Return the parameters that are numbers on a range in every space that the sweep has had, with the widest one."""
    found: dict[str, tuple[float, float]] = {}
    kinds = [(name, one) for version in sweep.space_versions for name, one in version.space.items()]
    for name, one in kinds:
        if "low" in one:
            low, high = found.get(name, (one["low"], one["high"]))
            found[name] = min(low, one["low"]), max(high, one["high"])
    return {name: ends for name, ends in found.items() if all("low" in one for other, one in kinds if other == name)}


def _values(sweep: "SweepAnswer") -> dict[str, list[object]]:
    """Return all parameters that the sweep has searched, with the values of choices."""
    found: dict[str, list[object]] = {}
    for version in sweep.space_versions:
        for name, one in version.space.items():
            found.setdefault(name, []).extend(one.get("values", ()))
    return found


@contextmanager
def _events(folder: Path) -> Iterator[Any]:
    """Give what writes an event of a time and a step into the one file of a folder, which begins anew."""
    from tensorboard.compat.proto.event_pb2 import Event  # noqa: PLC0415  # an extra
    from tensorboard.summary.writer.record_writer import RecordWriter  # noqa: PLC0415

    with (folder / _EVENTS).open("wb") as file:
        records = RecordWriter(file)

        def write(moment: float, step: int, summary: Any) -> None:
            records.write(Event(wall_time=moment, step=step, summary=summary).SerializeToString())

        records.write(Event(wall_time=0.0, file_version="brain.Event:2").SerializeToString())
        yield write
        records.flush()


def _scalar(name: str, value: float) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary  # noqa: PLC0415  # an extra

    return Summary(value=[Summary.Value(tag=name, simple_value=value)])


def _text(name: str, text: str) -> Any:
    from tensorboard.plugins.text.summary_v2 import text_pb  # noqa: PLC0415  # an extra

    return text_pb(name, text)


def _end(moment: float, *, good: bool) -> Any:
    """Return how a run ended; what TensorBoard has for it would import TensorFlow."""
    from tensorboard.compat.proto.summary_pb2 import Summary  # noqa: PLC0415  # an extra
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2  # noqa: PLC0415

    status = api_pb2.STATUS_SUCCESS if good else api_pb2.STATUS_FAILURE
    end = plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=moment)
    about = metadata.create_summary_metadata(plugin_data_pb2.HParamsPluginData(session_end_info=end))
    tag = metadata.SESSION_END_INFO_TAG
    return Summary(value=[Summary.Value(tag=tag, metadata=about, tensor=metadata.NULL_TENSOR)])


def _about(sweep: "SweepAnswer") -> str:
    told: Mapping[str, object] = {
        "id": sweep.id, "state": sweep.state, "tags": ", ".join(sweep.tags), "data set": sweep.dataset,
        "objective": f"{sweep.objective['direction']} {sweep.objective['metric']}",
    }  # fmt: skip  # a row
    rows = "".join(f"| {name} | {value} |\n" for name, value in told.items() if value)
    return f"## {sweep.name}\n\n| | |\n| --- | --- |\n{rows}\n{sweep.notes}"


def _said(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _slug(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "sweep"
