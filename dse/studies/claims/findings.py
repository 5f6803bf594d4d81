"""What the study finds of each claim, in words that follow its numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from dse.presentation.markdown import anchor_of
from dse.presentation.phrases import listing
from dse.studies.claims.footing import PRICE
from dse.studies.claims.gain import COMMON, OWN
from dse.studies.claims.study import Study
from dse.studies.claims.synthesized import measured_ratios
from dse.studies.claims.tiles import FIGURE, MACS_PER_CYCLE, MODEL, best_shared, unwired
from dse.studies.claims.verdicts import APART, Word, factor, outcome, span, verdict

OVER_MULTIPLIERS = 2.2
BY_PARAMETERS = 1.2
"""Ratios as published."""
MANY = 16
"""Tiles that are called many."""
INSIDE_INTEGERS = ("integer", "exact", "aligned")
"""Kinds of numbers that are added by integer adders."""
TYPICAL = 16
"""Columns that are quoted where one number has to do."""


@dataclass(frozen=True)
class Finding:
    """A claim, its verdict and the paragraph that says how much, where and why; ``short`` is for a table."""

    heading: str
    claim: str
    word: Word
    short: str
    text: str
    picture: str
    caption: str
    data: tuple[str, ...]

    @property
    def anchor(self) -> str:
        return anchor_of(self.heading)


def findings(study: Study) -> list[Finding]:
    """The claims in the order of the page."""
    return [formats(study), tiles(study), multipliers(study), parameters(study)]


def formats(study: Study) -> Finding:
    """(a) Whether sharing sums in tables saves area, by format and columns."""
    common, own = _at(study, COMMON), _at(study, OWN)
    native, integers = common[common["kind"] == "native"], common[common["kind"].isin(INSIDE_INTEGERS)]
    few, many = native["columns"].min(), native["columns"].max()
    exact, same = _of(common, "fp16 exact"), _of(common, "fp16 native")
    larger = native[native["group_size"] > 2]["columns"]
    sizes = (
        "µ = 2 is best"
        if larger.empty
        else f"from K = {larger.min()} on tables of more than two begin to pay"
    )
    text = (
        "What an addition costs decides, not what the format is called. With IEEE adders the best LUT core "
        f"is {span(native[native['columns'] == few]['reuse'])} smaller than `select` at K = {few} and "
        f"{span(native[native['columns'] == many]['reuse'])} at K = {many}, in all technologies and for all "
        f"four formats: a table's sums are shared by more columns, and {sizes}. With integers inside, "
        f"whether the format is an integer or not, it is {span(integers['reuse'])}: it "
        f"{_outcomes(integers['reuse'])} of {len(integers)} cases, since fetching a sum costs about as much "
        f"as the one full adder a bit that it saves; µ = {listing(_sizes(integers))} is best. **An exact "
        f"fp16 core is an integer core**: it gains {span(exact['reuse'])} where fp16 with IEEE adders gains "
        f"{span(same['reuse'])}, takes {_cheaper(study)} of its area and has {_more_exact(study)} of its "
        "error. With every design at its own clock the ranges are "
        f"{span(own[own['kind'] == 'native']['reuse'])} and "
        f"{span(own[own['kind'].isin(INSIDE_INTEGERS)]['reuse'])}: a table shortens the reduction by a "
        "level and is a pipeline stage that `select` has to buy, so small tables begin to pay for "
        f"integers, too (int8 at K = {TYPICAL}: {_by_technology(_of(own, 'int8'), 'reuse')})."
    )
    return Finding(
        "(a) The best architecture depends on the activation format",
        "tables of shared sums pay for floating-point activations, and the more the more columns fetch "
        "from them",
        verdict(common["reuse"], APART * APART),
        f"{span(native['reuse'])} with IEEE adders, {span(integers['reuse'])} with integers inside (exact "
        "fp16 among them)",
        text + _synthesized(study, "reuse"),
        "reuse",
        "Area of `select` in that of the best LUT core, by columns, format and technology.",
        ("curves.csv", "ratios.csv", "points.csv"),
    )


def tiles(study: Study) -> Finding:
    """(b) What many tiles cost against one large core."""
    best = best_shared(study.tiles.dropna(subset="penalty"))
    systems = unwired(study.tiles)
    least = best_shared(systems)
    most = int(least["cores"].max())
    many, last = least[least["cores"] == MANY], least[least["cores"] == most]
    few = least[least["cores"].isin((2, 4))]
    shared = least[least["cores"] > 1]["split"].value_counts(normalize=True)
    first = least[(least["technology"] == study.technologies[0]) & (least["architecture"] == "lut")]
    causes = [_causes(first[first["number"] == number]) for number in first["number"].unique()]
    inputs = systems[systems["split"] == "inputs"]
    rows = [
        f"{architecture} {number} {span(part['penalty'])}"
        for (number, architecture), part in last.groupby(["number", "architecture"], sort=False)
    ]
    text = (
        f"At {MACS_PER_CYCLE:,} multiply-accumulates a cycle, decoding {MODEL}, {MANY} tiles take "
        f"{span(many['penalty'])} the area of one core for the same token rate, and {most} tiles "
        f"{listing(rows)} (ranges are over {listing(study.technologies)}). Two to four cores cost only "
        f"{span(few['penalty'])}. Tables and activations are replicated in every tile, and every tile has "
        f"accumulators and control of its own: {'; '.join(causes)}. `select` with IEEE adders has next to "
        "nothing to replicate, its columns being so large. Dividing outputs is the better way in "
        f"{100 * shared.get('outputs', 0.0):.0f} % of the cases; dividing inputs takes adders between the "
        f"cores and up to {factor(inputs['penalty'].max())}. Ragged edges are included: utilisation is "
        f"{100 * least['utilisation'].min():.0f} to {100 * least['utilisation'].max():.0f} %."
        f"{wired_tiles(best[best['cores'] == MANY])}{out_of_reach(study.tiles)}"
    )
    return Finding(
        "(b) One large core beats many tiles",
        "at equal throughput one large core is smaller than many tiles",
        verdict(many["penalty"], APART * APART),
        f"{MANY} tiles take {span(many['penalty'])} the area, {most} take {span(last['penalty'])}",
        text,
        "tiles",
        f"Area for a token rate of 1 to {most} cores (solid: LUT, dashed: `select`), and what the LUT "
        "systems are made of.",
        ("tiles.csv",),
    )


def multipliers(study: Study) -> Finding:
    """(c) The best LUT core against the baselines."""
    common, own = _at(study, COMMON), _at(study, OWN)
    typical = common[common["columns"] == TYPICAL]
    below = common[common["multiplier"] * APART < OVER_MULTIPLIERS]
    lines = []
    for kind in typical["kind"].unique():
        of = typical[typical["kind"] == kind]
        lines.append(
            f"{kind} {span(of['multiplier'])}, of which not multiplying makes {span(of['no_multiplying'])} "
            f"and the tables {span(of['reuse'])}"
        )
    closest = common.sort_values("multiplier").iloc[0]
    text = (
        f"Against an engine that multiplies, the best LUT core is {span(common['multiplier'])} smaller at "
        f"the common clock and {span(own['multiplier'])} with each at its own; the published "
        f"{factor(OVER_MULTIPLIERS)} is reached in {len(common) - len(below)} of {len(common)} cases and "
        f"missed {_missed(below)}(least: {closest['number']}, K = {closest['columns']}, "
        f"{closest['technology']}). But most of it is not the tables' doing. At K = {TYPICAL}: "
        f"{'; '.join(lines)}. A ternary weight needs no multiplier, and `select` does without one, too: "
        f"against `select` the LUT core {_outcomes(common['reuse'])} of {len(common)} cases at the common "
        f"clock, and {_outcomes(own['reuse'])} at their own clocks. So against the baseline that counts the "
        f"gain is {span(common[common['kind'] == 'native']['reuse'])} with IEEE adders and about nothing "
        "with integers inside."
    )
    return Finding(
        "(c) LUT cores beat multiplier baselines",
        f"LUT cores are {OVER_MULTIPLIERS:g} times smaller than cores that multiply",
        verdict(common["multiplier"], OVER_MULTIPLIERS),
        f"{span(common['multiplier'])} against `multiplier`, but {span(common['reuse'])} against `select`, "
        "which does not multiply either",
        text + _synthesized(study, "multiplier"),
        "multipliers",
        "Area of `multiplier` in that of the best LUT core; the grey line is the published "
        f"{OVER_MULTIPLIERS:g}.",
        ("curves.csv", "ratios.csv", "points.csv"),
    )


def parameters(study: Study) -> Finding:
    """(d) What corrected parameters are worth."""
    table = study.corrections
    square = table[table["tile_length"] == 24]
    sizes = []
    for size, of in square.groupby("group_size"):
        first = (of["group_size_gain"] == 1).sum()
        loss = factor(of["group_size_gain"].max())
        sizes.append(f"µ = {size} loses up to {loss} and is best in {first} of {len(of)}")
    shapes = table.loc[table.groupby(["technology", "number", "tile_length"])[PRICE].idxmin()]
    best = shapes.loc[shapes.groupby(["technology", "number"])[PRICE].idxmin()]
    tiles = best.apply(lambda row: f"{row['tile_length']} × {row['columns']:.0f}", axis=1).value_counts()
    usual = table[table["group_size"] == 3]
    text = (
        f"Correcting the group size alone, at 24 × 64: {'; '.join(sizes)} of the formats and technologies. "
        "Correcting the tile's shape alone, at the best group size, brings up to "
        f"{factor(shapes['gain'].max())}: the best is most often {tiles.index[0]} ({tiles.iloc[0]} of "
        f"{len(best)}), then {listing(list(tiles.index[1:3]))}. Both together bring a core of µ = 3 "
        f"{span(usual['gain'])}, depending on its tile. So {BY_PARAMETERS:g} is what a configuration gains "
        "that was not far off; tables that are too large for their columns, and an integer core with "
        "tables of 4 activations above all, gain far more."
    )
    return Finding(
        "(d) Published designs improve with corrected parameters",
        f"with corrected parameters published designs improve by up to {BY_PARAMETERS:g} times",
        verdict([table.groupby(["technology", "number"])["gain"].max().min()], BY_PARAMETERS),
        f"group size alone brings up to {factor(table['group_size_gain'].max())}, with the tile's shape up "
        f"to {factor(table['gain'].max())}",
        text,
        "parameters",
        f"LUT cores of one rate, {study.technologies[0]}: area in that of the best; the grey line is the "
        f"published {BY_PARAMETERS:g}.",
        ("corrections.csv",),
    )


def _at(study: Study, footing: str) -> pd.DataFrame:
    return study.ratios[study.ratios["footing"] == footing]


def _of(ratios: pd.DataFrame, number: str) -> pd.DataFrame:
    return ratios[ratios["number"] == number]


def _sizes(ratios: pd.DataFrame) -> list[str]:
    return [f"{size:.0f}" for size in sorted(ratios["group_size"].unique())]


def _outcomes(ratios: Iterable[float]) -> str:
    """wins in 3, ties in 4 and loses in 5."""
    counts = pd.Series([outcome(ratio) for ratio in ratios]).value_counts()
    return listing([f"{word} in {counts.get(word, 0)}" for word in ("wins", "ties", "loses")])


def _by_technology(ratios: pd.DataFrame, name: str) -> str:
    at = ratios[ratios["columns"] == TYPICAL]
    return listing([f"{factor(row[name])} in {row['technology']}" for _, row in at.iterrows()])


def _cheaper(study: Study) -> str:
    """The best exact fp16 core in the best native one, at the most columns."""
    common = _at(study, COMMON)
    common = common[common["columns"] == common["columns"].max()].set_index("technology")
    best = common[["lut_price", "select_price"]].min(axis=1)
    exact, native = (best[common["number"] == name] for name in ("fp16 exact", "fp16 native"))
    shares = 100 * exact / native
    return f"{shares.min():.0f} to {shares.max():.0f} %"


def _more_exact(study: Study) -> str:
    """The error of exact fp16 in that of native."""
    errors = study.curves.groupby("number")["arithmetic_error"].min()
    return f"{100 * errors['fp16 exact'] / errors['fp16 native']:.0f} %"


def _missed(below: pd.DataFrame) -> str:
    if below.empty:
        return "nowhere "
    numbers = listing(sorted(below["number"].unique()))
    return (
        f"by {numbers}, with few columns mostly " if below["columns"].median() < TYPICAL else f"by {numbers} "
    )


def wired_tiles(many: pd.DataFrame) -> str:
    """What wires, and clocks of their own, make of many tiles, in the technologies that know wires."""
    wired = many[many["wires"] == "placed"]
    if wired.empty:
        return " What is not included is wires, which speak for tiles: the claim holds as far as cells go."
    known = many[many["technology"].isin(list(wired["technology"]))]
    spans = {
        (wires, footing): " and ".join(
            f"{span(part['penalty'])} ({architecture})" for architecture, part in of.groupby("architecture")
        )
        for (wires, footing), of in known.groupby(["wires", "footing"])
    }
    fewer = wired.merge(
        known[known["wires"] == "none"],
        on=["technology", "number", "architecture", "footing"],
        suffixes=("", "_cells"),
    )
    helped = int((fewer["penalty"] < fewer["penalty_cells"]).sum())
    where = listing(list(wired["technology"].unique()))
    return (
        f" Wires of cores of integers, each placed by itself, speak for tiles in {helped} of {len(fewer)} "
        f"cases: in {where} {MANY} tiles take {spans['placed', COMMON]} with wires where they take "
        f"{spans['none', COMMON]} without; with every core at its own clock {spans['placed', OWN]} where "
        f"they take {spans['none', OWN]}. Cores larger than the largest that was placed are extrapolated, "
        "and wires between cores are not counted."
    )


def out_of_reach(tiles: pd.DataFrame) -> str:
    """Which cores there are that do not reach the common clock alone, but do in pieces."""
    alone = tiles[tiles["penalty"].isna()].groupby(["technology", "architecture", "number"], sort=False)
    names = [f"{architecture} {number} in {technology}" for (technology, architecture, number), _ in alone]
    if not names:
        return ""
    return f" With wires one core does not reach the common clock at all where tiles do: {listing(names)}."


def _causes(systems: pd.DataFrame) -> str:
    """Which parts make the most of what many tiles cost more."""
    by_cores = systems.set_index("cores")
    parts = [
        name for name in by_cores.columns if name.startswith("area_") and name not in ("area_um2", FIGURE)
    ]
    areas = by_cores[[*parts, "area_um2"]].astype(float)
    more = areas[areas.index == MANY].iloc[0] - areas[areas.index == 1].iloc[0]
    shares = {part: 100 * more[part] / more["area_um2"] for part in parts}
    most = sorted(parts, key=lambda part: -shares[part])[:3]
    named = [f"{part.removeprefix('area_')} {shares[part]:+.0f} %" for part in most]
    return f"with {by_cores['number'].iloc[0]}, of what {MANY} LUT tiles take more, {listing(named)}"


def _synthesized(study: Study, name: str) -> str:
    """What the synthesized points say of a ratio."""
    measured = measured_ratios(study.points)
    common = _at(study, COMMON)
    joined = measured.merge(common, on=["technology", "number", "columns"], suffixes=("", "_modelled"))
    joined = joined.dropna(subset=[name])
    if joined.empty:
        return ""
    off = (100 * (joined[f"{name}_modelled"] / joined[name] - 1)).abs()
    worst = joined.loc[off.sort_values().index[-1]]
    inside = joined[joined["kind"].isin(INSIDE_INTEGERS)][name]
    native = joined[joined["kind"] == "native"][name]
    sentences = [
        f"{span(part)} {what}"
        for part, what in ((native, "with IEEE adders"), (inside, "with integers inside"))
        if len(part)
    ]
    return (
        f" Synthesis of {len(joined)} pairs gives {listing(sentences)}; the modelled ratios are off by "
        f"{off.median():.1f} % in the median and {off.max():.1f} % at most ({worst['number']}, K = "
        f"{worst['columns']}, {worst['technology']}: {factor(worst[name])}, modelled "
        f"{factor(worst[f'{name}_modelled'])})."
    )
