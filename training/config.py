"""A run's configuration: one TOML file to frozen dataclasses. Touches no data and builds no network.

Every key is known by name and type; one that is not is an error that names it.
"""

import tomllib
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from rtvc.errors import UsageError

T = TypeVar("T")
_SECTIONS = ("system", "seed", "network", "data", "loss", "training")


@dataclass(frozen=True)
class TrainingConfig:
    """What every system's loop needs."""

    epochs: int = 100
    batch: int = 16
    learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0
    clip: float = 1.0  # longest gradient
    plateau_factor: float = 0.5
    plateau_patience: int = 5  # epochs without a better val figure before the rate falls
    stop_patience: int = 20  # and before the run ends
    save_seconds: float = 120.0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "learning_rate", "clip", "plateau_patience", "stop_patience"):
            if getattr(self, name) <= 0:
                raise UsageError(f"training.{name} is {getattr(self, name)}; it must be above 0.")


@dataclass(frozen=True)
class RunConfig:
    """The file as it was read; the tables of a system are made into its dataclasses by `section`."""

    system: str
    seed: int
    training: TrainingConfig
    network: dict[str, Any]
    data: dict[str, Any]
    loss: dict[str, Any]

    def same_run(self, other: "RunConfig") -> bool:
        """Whether a checkpoint of one can be gone on with under the other."""
        return (self.system, self.seed, self.network, self.data) == (
            other.system,
            other.seed,
            other.network,
            other.data,
        )


def read_config(path: Path) -> RunConfig:
    try:
        return parse_config(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"The configuration {path} can't be read: {error}.") from None
    except UsageError as error:
        raise UsageError(f"The configuration {path} can't be used: {error}") from None


def parse_config(text: str) -> RunConfig:
    table = tomllib.loads(text)
    if unknown := sorted(table.keys() - set(_SECTIONS)):
        raise UsageError(f"unknown keys: {', '.join(unknown)}.")
    if not isinstance(table.get("system"), str):
        raise UsageError("it has no system.")
    return RunConfig(
        system=table["system"],
        seed=section(int, table.get("seed", 0), "seed"),
        training=section(TrainingConfig, table.get("training", {}), "training"),
        network=_table(table, "network"),
        data=_table(table, "data"),
        loss=_table(table, "loss"),
    )


def _table(table: dict[str, Any], name: str) -> dict[str, Any]:
    value = table.get(name, {})
    if not isinstance(value, dict):
        raise UsageError(f"{name} must be a table.")
    return value


def section(kind: type[T], value: Any, where: str) -> T:
    """A value of the TOML file as the type a dataclass asks for."""
    if kind not in (int, float, str, bool) and hasattr(kind, "__dataclass_fields__"):
        return _dataclass(kind, value, where)
    if get_origin(kind) is tuple:
        return _tuple(kind, value, where)  # type: ignore[return-value]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise UsageError(f"{where} is {value!r}; a value of type {kind.__name__} is expected.")
    return value


def _dataclass(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise UsageError(f"{where} must be a table.")
    known = {field.name: field for field in fields(kind)}
    if unknown := sorted(value.keys() - known.keys()):
        raise UsageError(f"unknown keys: {', '.join(f'{where}.{name}' for name in unknown)}.")
    needed = [name for name, field in known.items() if field.default is MISSING]
    if missing := [name for name in needed if name not in value]:
        raise UsageError(f"missing keys: {', '.join(f'{where}.{name}' for name in missing)}.")
    return kind(**{n: section(known[n].type, v, f"{where}.{n}") for n, v in value.items()})  # type: ignore[arg-type]


def _tuple(kind: Any, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise UsageError(f"{where} must be a list.")
    inner = get_args(kind)
    if inner[-1] is not Ellipsis and len(value) != len(inner):
        raise UsageError(f"{where} must have {len(inner)} entries.")
    return tuple(section(inner[0], entry, where) for entry in value)
