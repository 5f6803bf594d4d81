"""What ``pack --descriptors`` is asked for: a model in the memory of an accelerator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dse.commands.options import UsageError

if TYPE_CHECKING:
    from dse.commands.stored_layers import Chosen
    from generator.config import CoreConfig
    from sim.weights.reading import Rule


@dataclass(frozen=True)
class ModelRequest:
    """A model for memory at ``base``, layers of ``tokens`` tokens, for the accelerator of ``config``."""

    config: CoreConfig
    base: int
    tokens: int

    @classmethod
    def of(
        cls, config: CoreConfig, base: str | None, tokens: int | None, *, wanted: bool
    ) -> ModelRequest | None:
        """What the options say; None where no model is ``wanted``."""
        from generator.plan.accelerator import MOST_TOKENS
        from sim.memory_image import ALIGNMENT

        if not wanted:
            for option, value in (("--base", base), ("--tokens", tokens)):
                if value is not None:
                    raise UsageError(f"{option} {value}: is for --descriptors")
            return None
        if config.wrapper != "axi":
            raise UsageError(f"--descriptors: is for wrapper = 'axi', the core file has {config.wrapper!r}")
        try:
            address = int(base or "0", 0)
        except ValueError:
            raise UsageError(f"--base {base}: an address is expected, 0x80000000 for example") from None
        if address < 0 or address % ALIGNMENT:
            raise UsageError(f"--base {base}: a multiple of {ALIGNMENT} is expected")
        if tokens is not None and tokens > MOST_TOKENS:
            raise UsageError(f"--tokens {tokens}: {MOST_TOKENS} are the most of a layer")
        return cls(config, address, tokens or 1)

    def check(self, chosen: Chosen, rule: Rule) -> None:
        """Raises a ``TernlutError``, before anything is packed, for layers that memory has no room for."""
        from generator.plan import plan_for
        from generator.plan.accelerator import accelerator_plan
        from sim.memory_image import LayerShape, lay_out
        from sim.weights.reading import shape_of_weights

        matrices = [shape_of_weights(each.tensor, rule) for each in chosen.choices if each.tensor.is_matrix]
        shapes = [LayerShape(length, outputs, self.tokens) for outputs, length in matrices]
        lay_out(accelerator_plan(plan_for(self.config)), shapes, self.base)

    def write(self, packed: dict[str, Any], out: Path) -> dict[str, Any]:
        """Writes what was ``packed`` as one model; what it is."""
        from sim.weights.model_image import PackedLayer, write_model

        manifests = packed.get("tensors", [packed])
        layers = [PackedLayer(each["tensor"], Path(each.get("out", out)), each) for each in manifests]
        return write_model(self.config, layers, out, self.base, self.tokens)

    def line(self, model: dict[str, Any], out: Path) -> str:
        """A model that was written, in one line."""
        layers = "1 layer" if model["count"] == 1 else f"{model['count']} layers"
        return (
            f"model: {layers}, descriptors and keys, {model['bytes']:,} bytes for address {self.base:#x} in "
            f"{out / 'model.bin'}"
        )
