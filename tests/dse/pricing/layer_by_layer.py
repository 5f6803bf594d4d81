"""A request answered pass by pass and layer by layer, in plain arithmetic, without the code that it checks.

Times are in seconds, sizes in bits. A layer takes as long as the slowest of computing and moving its data.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from math import ceil, inf, log2

BITS = {"none": 0, "int4": 4, "int8": 8, "fp8_e4m3": 8, "bf16": 16, "fp16": 16}


@dataclass
class Net:
    """A model as its paper has it: matrices as (inputs, outputs, how many, of how many experts)."""

    width: int
    vocabulary: int
    blocks: int
    matrices: list[tuple[int, int, int, int]]
    cached: int = 0
    pair_macs: int = 0
    window: int = 0
    state: int = 0


@dataclass
class Device:
    """A core and what is beside it; rates a second, infinite where nothing limits."""

    group: int
    tables: int
    columns: int
    rows: int
    holds_tables: bool
    latency: int
    clock: float
    memory: float
    engine: float
    on_chip: bool
    result_bits: int
    activation_bits: int = 8
    packed: bool = False

    @property
    def key_beat_bits(self) -> int:
        if self.packed:
            return 8 * ceil(self.columns * self.tables * self.group / 5)
        return self.columns * self.tables * (1 + ceil(log2((3**self.group + 1) / 2)))


@dataclass
class Answer:
    """Seconds and tokens by phase, and bits by kind of the tokens that are made."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    ternary: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    tokens: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    waits: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    bits: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    first: float = 0.0


def run_matrix(device: Device, inputs: int, outputs: int, tokens: int) -> tuple[float, float, float]:
    """Seconds on the core, bits of keys and bits of activations and results of one matrix."""
    n_tiles = ceil(inputs / (device.group * device.tables))
    m_tiles = ceil(outputs / device.columns)
    blocks = ceil(tokens / device.rows)
    steps = n_tiles * m_tiles * blocks
    keys = 0 if device.on_chip else steps * device.key_beat_bits
    read = tokens * inputs * device.activation_bits * (1 if device.holds_tables else m_tiles)
    return (steps + device.latency) / device.clock, keys, read + tokens * outputs * device.result_bits


def answer(
    net: Net, device: Device, prompt: int, generate: int, batch: int, context: int, block: int,
    head: str, kv: str, embedding: str,
) -> Answer:  # fmt: skip
    """Everything that one request takes."""
    done = Answer()
    schedule = []
    left, past = prompt, context
    while left:
        size = min(block or prompt, left)
        left -= size
        schedule.append(("prompt", size, past, left == 0 and generate > 0))
        past += size
    for _ in range(generate - (1 if prompt else 0)):
        schedule.append(("generate", 1, past, True))
        past += 1
    for number, (phase, size, past, makes) in enumerate(schedule):
        before = done.seconds[phase]
        one_pass(done, net, device, phase, size, past, makes, batch, (head, kv, embedding))
        if phase == "prompt" or (not prompt and number == 0):
            done.first += done.seconds[phase] - before
    return done


def one_pass(
    done: Answer, net: Net, device: Device, phase: str, size: int, past: int, makes: bool, batch: int,
    formats: tuple[str, str, str],
) -> None:  # fmt: skip
    """One pass of ``size`` tokens of every sequence behind ``past`` others."""
    head, kv, embedding = formats

    def spend(times: dict[str, float], often: int = 1) -> float:
        longest = max(times.values())
        first = next(name for name in ("compute", "memory", "engine") if times.get(name, -1) == longest)
        done.seconds[phase] += often * longest
        done.waits[f"{phase} {first}"] += often * longest
        return often * longest

    def move(kind: str, bits: float) -> None:
        done.bits[f"{phase} {kind}"] += bits

    tokens = size * batch
    done.tokens[phase] += tokens
    for inputs, outputs, count, experts in net.matrices:
        used, each = count, tokens
        if experts > count:
            used = min(experts, count * tokens)
            each = ceil(count * tokens / used)
        computing, keys, moved = run_matrix(device, inputs, outputs, each)
        taken = spend({"compute": computing, "memory": (keys + moved) / device.memory}, used)
        done.ternary[phase] += taken
        move("keys", used * keys)
        move("activations", used * moved)
    rows = tokens * net.width * BITS[embedding]
    spend({"memory": rows / device.memory})
    move("activations", rows)
    for _ in range(net.blocks if net.cached else 0):
        pairs = sum(min(past + i + 1, net.window or past + i + 1) for i in range(size))
        seen = min(past + size, (net.window or inf) + size - 1)
        bits = batch * net.cached * BITS[kv] * (seen + size)
        spend({"memory": bits / device.memory, "engine": batch * net.pair_macs * pairs / device.engine})
        move("kv", bits)
    if net.state:
        bits = 2 * batch * net.state * BITS[kv]
        spend({"memory": bits / device.memory})
        move("kv", bits)
    if makes and head == "ternary":
        computing, keys, moved = run_matrix(device, net.width, net.vocabulary, batch)
        spend({"compute": computing, "memory": (keys + moved) / device.memory})
        move("head", keys)
        move("activations", moved)
    elif makes and head != "none":
        bits = net.width * net.vocabulary * BITS[head]
        macs = batch * net.width * net.vocabulary
        spend({"memory": bits / device.memory, "engine": macs / device.engine})
        move("head", bits)
