// Where the time and the traffic of a request go, and what another memory would make of the token rate.

function drawRequest() {
  if (!D.request) { $("request-section").hidden = true; return; }
  const { parts, phases, colours, head, lines, memories } = D.request;
  const stacked = (id, title, value, unit) => {
    const traces = Object.keys(colours).filter((part) => parts.some((one) => one.part === part)).map((part) => ({
      type: "bar", name: part, width: 0.62, marker: { color: lit(colours[part]) }, hovertemplate: `${part}: %{y:,.4~r} ${unit}<extra></extra>`,
      x: phases, y: phases.map((phase) => parts.filter((one) => one.phase === phase && one.part === part).reduce((sum, one) => sum + value(one), 0)),
    }));
    Plotly.react(id, traces, layout({
      barmode: "stack", legend: { orientation: "h", y: 1.05, yanchor: "bottom", traceorder: "normal", font: { size: narrow() ? 10 : 12 } },
      xaxis: { gridcolor: "rgba(0,0,0,0)" }, yaxis: { title: { text: title }, separatethousands: true, exponentformat: "none", rangemode: "tozero" }, margin: { l: 8, r: 8, t: 40, b: 8 },
    }), still);
  };
  stacked("request-time", "Time (ms)", (one) => one.milliseconds, "ms");
  stacked("request-traffic", "Memory traffic (MB)", (one) => one.megabytes, "MB");
  Plotly.react("roofline", lines.map((line) => ({
    type: "scatter", mode: "lines", name: line.name, x: line.bandwidths, y: line.rates, line: { color: colourOf(line.kind), width: 2 },
    hovertemplate: `${line.name}, %{x:.3~r} GB/s: %{y:.3~r} tokens/s<extra></extra>`,
  })), layout({
    xaxis: decades("Memory bandwidth (GB/s)", lines[0].bandwidths), yaxis: logarithmic("Token rate (tokens/s)"),
    shapes: memories.map(([, x]) => ({ type: "line", x0: x, x1: x, y0: 0, y1: 1, yref: "paper", layer: "below", line: { color: css("--line"), width: 1 } })),
    annotations: memories.map(([name, x], k) => ({ x: Math.log10(x), y: 0.02 + 0.09 * (k % 3), yref: "paper", yanchor: "bottom", xanchor: "left", showarrow: false, text: name, font: { color: css("--soft"), size: 10 } })),
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", font: { size: narrow() ? 10 : 12 } }, margin: { l: 8, r: 8, t: 40, b: 8 },
  }), still);
  const table = $("request-parts");
  table.replaceChildren();
  const titles = element("tr", element("thead", table));
  for (const name of head) element("th", titles, name);
  const body = element("tbody", table);
  for (const { cells } of parts) {
    const row = element("tr", body);
    for (const text of cells) element("td", row, text);
  }
}
