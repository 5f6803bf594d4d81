// What a token rate costs against the group size, a line a format; designs without tables as marks beside them.

function drawGroupSize() {
  if (!D.groupCosts.length) { $("group-size-section").hidden = true; return; }
  const groups = [...new Set(D.groupCosts.flatMap((one) => one.lut.map((row) => row.group)))].sort((a, b) => a - b);
  const apart = [...new Set(D.groupCosts.flatMap((one) => one.baselines.map((row) => row.architecture)))];
  const last = groups[groups.length - 1], step = Math.max(1, groups.length / 4);
  const places = Object.fromEntries(apart.map((name, i) => [name, last + 0.2 + step * (i + 0.8)]));
  const traces = [];
  D.groupCosts.forEach((one, k) => {
    const dash = ["solid", "dash", "dot"][Math.floor(k / D.valueColours.length) % 3];
    const style = { legendgroup: one.name, hovertemplate: "%{text}<extra></extra>" };
    const told = (row, what) => `<b>${one.name}, ${what}</b><br>${row.what}<br>${number(row.cost)} ${D.units[D.efficiency]}`;
    traces.push({
      ...style, type: "scatter", mode: "lines+markers", name: one.name, x: one.lut.map((row) => row.group), y: one.lut.map((row) => row.cost),
      line: { color: shadeOf(k), width: 2, dash }, marker: { size: 8 }, text: one.lut.map((row) => told(row, `µ = ${row.group}`)),
    });
    for (const row of one.baselines) {
      const place = places[row.architecture];
      traces.push({
        ...style, type: "scatter", mode: "lines", showlegend: false, x: [-0.3, 0, 0.3].map((shift) => place + step * shift), y: [row.cost, row.cost, row.cost],
        line: { color: shadeOf(k), width: 4, dash }, text: Array(3).fill(told(row, row.architecture)),
      });
    }
  });
  Plotly.react("group-size", traces, layout({
    xaxis: { tickvals: [...groups, ...apart.map((name) => places[name])], ticktext: [...groups.map(String), ...apart], title: { text: "Group size µ, and designs without tables" }, showgrid: false, tickangle: 0, tickfont: { size: narrow() ? 9 : 12 }, range: [groups[0] - 0.4, apart.length ? places[apart[apart.length - 1]] + 0.5 * step : last + 0.4] },
    yaxis: decades(D.labels[D.efficiency], D.groupCosts.flatMap((one) => [...one.lut, ...one.baselines].map((row) => row.cost))),
    shapes: apart.length ? [{ type: "line", x0: last + 0.4, x1: last + 0.4, y0: 0, y1: 1, yref: "paper", line: { color: css("--line"), width: 1 } }] : [],
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", font: { size: narrow() ? 10 : 12 } }, showlegend: D.groupCosts.length > 1,
    hovermode: "closest", margin: { l: 8, r: 8, t: 30, b: 8 },
  }), still);
}
