// What designs are made of: areas of those of one rate, and shares of those along the front.

const present = D.parts.filter((part) => designs["area_" + part].some((area) => area > 0));
const partColour = (part) => lit(D.partColours[part]);

function drawBreakdown() {
  if (D.best === null) { $("breakdown-section").hidden = true; return; }
  const bars = [[String(groupOf(D.best)), D.best], ...D.equals];
  const size = (i) => `${valueOf("cores", i) > 1 ? valueOf("cores", i) + " × " : ""}${valueOf("tables", i)} × ${valueOf("columns", i)}`;
  const names = bars.map(([name, i]) => `<b>${name}</b><br>${valueOf("architecture", i) === "lut" ? "µ = " + valueOf("group_size", i) + ", " : ""}${size(i)}`);
  const traces = present.map((part) => ({
    type: "bar", name: part, x: names, y: bars.map(([, i]) => designs["area_" + part][i]), marker: { color: partColour(part) },
    hovertemplate: `${part}: %{y:,.0f} µm²<extra></extra>`, width: 0.62,
  }));
  const totals = bars.map(([, i], k) => ({
    x: names[k], y: designs.area_um2[i], yanchor: "bottom", showarrow: false,
    text: `${number(designs.area_um2[i])}${k ? `${bars.length > 2 && narrow() ? "<br>" : " "}<b>${(designs.area_um2[i] / designs.area_um2[D.best]).toFixed(2)}×</b>` : ""}`,
  }));
  Plotly.react("breakdown", traces, layout({
    barmode: "stack", annotations: totals, legend: { orientation: "h", y: 1.08, yanchor: "bottom", traceorder: "normal", font: { size: narrow() ? 10 : 12 } },
    yaxis: { title: { text: "Area (µm²)" }, separatethousands: true, exponentformat: "none", rangemode: "tozero" }, xaxis: { gridcolor: "rgba(0,0,0,0)" },
    margin: { l: 8, r: 8, t: 40, b: 8 },
  }), still);
}

/** A bar a design along the front; a click shows it. */
function drawAlongFront() {
  const list = $("along-front"), keys = $("along-parts");
  list.replaceChildren();
  keys.replaceChildren();
  for (const part of present) {
    const key = element("span", keys, part);
    const dot = element("span", null, undefined, "swatch");
    dot.style.background = partColour(part);
    key.prepend(dot);
  }
  for (const [what, i] of D.along) {
    const row = button(list, undefined, () => choose(i, true), i === D.best ? "bar best" : "bar");
    element("span", row, phrase(i), "bar-name");
    const bar = element("span", row, undefined, "bar-parts");
    for (const part of present) {
      const share = designs["area_" + part][i] / designs.area_um2[i];
      const piece = element("span", bar);
      piece.style.width = `${100 * share}%`;
      piece.style.background = partColour(part);
      piece.title = `${part}: ${number(designs["area_" + part][i])} µm², ${percent(share)}`;
    }
    const figures = element("span", row, `${withUnit(D.price, designs[D.price][i])}, ${withUnit(D.rate, designs[D.rate][i])}`, "bar-figures");
    if (what) element("b", figures, ` ${what}`);
  }
}
