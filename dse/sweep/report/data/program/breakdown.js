// What designs are made of: costs of those of one rate, and shares of those along the front.

const partOf = (part) => designs[D.partFigures[part]], costs = designs[D.cost.key];
const present = D.parts.filter((part) => partOf(part).some((cost) => cost > 0));
const partColour = (part) => lit(D.partColours[part]);

function drawBreakdown() {
  if (D.best === null) { $("breakdown-section").hidden = true; return; }
  if (best === null) { Plotly.react("breakdown", [], layout({}), still); return; }
  const bars = [[D.kindNames[kindOf(best)], best], ...equals];
  const names = bars.map(([name, i]) => `<b>${name}</b><br>${wrapped(designs.phrase[i].replace(`${name}, `, ""), Math.max(10, Math.floor((narrow() ? 48 : 78) / bars.length)))}`);
  const traces = present.map((part) => ({
    type: "bar", name: part, x: names, y: bars.map(([, i]) => partOf(part)[i]), marker: { color: partColour(part) },
    hovertemplate: `${part}: %{y:,.0f} ${D.cost.unit}<extra></extra>`, width: 0.62,
  }));
  const totals = bars.map(([, i], k) => ({
    x: names[k], y: costs[i], yanchor: "bottom", showarrow: false,
    text: `${number(costs[i])}${k ? `${bars.length > 2 && narrow() ? "<br>" : " "}<b>${D.price === D.cost.key && tied(i) ? "≈" : `${(costs[i] / costs[best]).toFixed(2)}×`}</b>` : ""}`,
  }));
  Plotly.react("breakdown", traces, layout({
    barmode: "stack", annotations: totals, legend: { orientation: "h", y: 1.08, yanchor: "bottom", traceorder: "normal", font: { size: narrow() ? 10 : 12 } },
    yaxis: { title: { text: D.labels[D.cost.key] }, separatethousands: true, exponentformat: "none", rangemode: "tozero" }, xaxis: { gridcolor: "rgba(0,0,0,0)", tickangle: 0, tickfont: { size: narrow() ? 9 : 11 } },
    margin: { l: 8, r: 8, t: 40, b: 8 },
  }), still);
}

/** A phrase in lines of about so many letters. */
function wrapped(phrase, length) {
  const lines = [""];
  for (const word of phrase.split(" ")) {
    if (lines[lines.length - 1].length + word.length > length) lines.push("");
    lines[lines.length - 1] += `${word} `;
  }
  return lines.map((line) => line.trim()).join("<br>");
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
    element("span", row, designs.phrase[i], "bar-name");
    const bar = element("span", row, undefined, "bar-parts");
    for (const part of present) {
      const share = partOf(part)[i] / costs[i];
      const piece = element("span", bar);
      piece.style.width = `${100 * share}%`;
      piece.style.background = partColour(part);
      piece.title = `${part}: ${number(partOf(part)[i])} ${D.cost.unit}, ${percent(share)}`;
    }
    const figures = element("span", row, [...new Set([D.price, D.merit])].map((name) => withUnit(name, designs[name][i])).join(", "), "bar-figures");
    if (what) element("b", figures, ` ${what}`);
  }
}
