// The best of each format, datapath and architecture; and what each value of a parameter costs.

function drawFormats() {
  if (!D.formats.length) { $("formats-section").hidden = true; return; }
  const names = [...new Set(D.formats.map((row) => row.number))];
  const architectures = [...new Set(D.formats.map((row) => row.architecture))];
  const traces = (across, legend) => architectures.map((architecture, k) => {
    const own = D.formats.filter((row) => row.architecture === architecture);
    return {
      type: "scatter", mode: "markers", name: architecture, showlegend: legend, x: own.map((row) => row[across]), y: own.map((row) => row.cost),
      marker: { color: architectureColour(architecture), symbol: ["circle", "square", "diamond", "triangle-up", "star"][k % 5], size: 9 },
      text: own.map((row) => `<b>${row.number}, ${architecture}</b><br>${row.what}<br>${number(row.cost)} ${D.cost.unit} per token/s, ${percent(row.error)} RMS error`),
      hovertemplate: "%{text}<extra></extra>",
    };
  });
  const cost = decades(D.labels[D.efficiency], D.formats.map((row) => row.cost));
  Plotly.react("formats", traces("number", true), layout({
    xaxis: { type: "category", categoryorder: "array", categoryarray: names, gridcolor: "rgba(0,0,0,0)" }, yaxis: cost,
    legend: { orientation: "h", y: 1.12 },
  }), still);
  Plotly.react("formats-error", traces("error", false), layout({ xaxis: { type: "log", title: { text: "RMS error" }, tickformat: "~%", dtick: 1 }, yaxis: cost }), still);
}

function drawChoices() {
  const keys = Object.keys(D.choices);
  if (!keys.length) { $("choices-section").hidden = true; return; }
  for (const key of keys) {
    const id = "choice-" + key.replace(".", "-");
    if (!$(id)) element("div", $("choices"), undefined, "plot").id = id;
    const points = D.choices[key];
    const chosen = String(valueOf(key, D.best));
    const many = points.length > 12;
    const colours = points.map(([value]) => (String(value) === chosen ? shadeOf(0) : css("--cloud")));
    const x = points.map(([value]) => (many ? value : String(value))), y = points.map(([, price]) => price);
    const floor = Math.min(...y), ceiling = Math.max(...y);
    Plotly.react(id, [many
      ? { type: "scatter", mode: "lines+markers", x, y, line: { color: css("--cloud"), width: 1.5 }, marker: { color: colours, size: points.map(([v]) => (String(v) === chosen ? 9 : 4)) }, hovertemplate: `${key} = %{x}: %{y:,.0f}<extra></extra>` }
      : { type: "bar", x, y, marker: { color: colours }, text: points.length > 8 ? undefined : y.map(short), textposition: "outside", textangle: 0, textfont: { size: 11 }, constraintext: "none", cliponaxis: false, hovertemplate: `${key} = %{x}: %{y:,.0f}<extra></extra>` },
    ], layout({
      title: { text: `<b>${key}</b>`, font: { size: narrow() ? 11 : 13 }, x: 0, xanchor: "left", y: 0.98, yanchor: "top" },
      margin: { l: 4, r: 8, t: 34, b: 4 }, showlegend: false,
      xaxis: { type: many ? "linear" : "category", gridcolor: "rgba(0,0,0,0)" },
      yaxis: many ? { range: [0.9 * floor, Math.min(ceiling, 2.2 * floor) * 1.05], separatethousands: true, exponentformat: "none", nticks: 4 } : { range: [0, 1.15 * ceiling], visible: false },
    }), still);
  }
}
