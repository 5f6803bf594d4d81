"""Area against the clock that a core is synthesized for: the model between its speeds, and synthesis."""

from costmodel.flow.synthesis import Flow, Job, shipped_library, synthesize_many
from costmodel.price.estimate import Sizes
from costmodel.price.technology import load_technology
from generator.config import CoreConfig
from generator.verilog import emit

PERIODS = (1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 3.0)
"""Clock periods, in the shortest that pays."""
CORES = (
    {"architecture": "select", "activation": "int4", "tables": 8, "columns": 4},
    {"group_size": 2, "tables": 4, "columns": 4},
    {"group_size": 3, "tables": 2, "columns": 4, "pipeline": {"reduction_every": 1}},
    {"activation": "fp8_e4m3", "datapath": "exact", "group_size": 2, "tables": 1, "columns": 2},
)


def main() -> None:
    technology, library = load_technology("asap7"), shipped_library("asap7")
    print("area at a clock period, in the area without a clock: synthesized (modelled)")
    print(" " * 44, *(f"{period:>13}" for period in PERIODS))
    for values in CORES:
        core = CoreConfig.parse(values)
        emission = emit(core)
        (_, fastest), *_ = synthesize_many(
            iter([Job(emission.verilog, emission.top, library, Flow(speeds=True))]), 1
        )
        shortest = fastest.shortest_ps
        assert shortest is not None
        jobs = [
            Job(emission.verilog, emission.top, library, Flow(clock_ps=shortest * period))
            for period in PERIODS
        ]
        found = dict(synthesize_many(iter(jobs), 1))
        sizes = Sizes.of(core, technology)
        least = sum(sizes.least.values())
        modelled = [sum(sizes.at(sizes.delay_ps * period).values()) / least for period in PERIODS]
        cells = [
            f"{found[i].area_um2 / fastest.area_um2:.3f} ({modelled[i]:.3f})" for i in range(len(PERIODS))
        ]
        print(f"{emission.top:44}", *cells)


if __name__ == "__main__":
    main()
