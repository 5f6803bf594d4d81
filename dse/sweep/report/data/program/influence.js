// Which axis mattered most: a line an axis, a mark for the best that designs with each of its values reach.

const said = (value) => (value === null ? "none" : number(value));

function drawInfluence() {
  if (!D.influence.length) { $("influence-section").hidden = true; return; }
  const rows = D.influence.map(({ axis, factor }) => `<b>${axis}</b>  ${factor.toFixed(2)}×`);
  const reached = D.influence.map(({ values }) => values.filter(([, figure]) => figure !== null));
  const spans = D.influence.map((_, k) => {
    const figures = reached[k].map(([, value]) => value);
    return { type: "line", x0: Math.min(...figures), x1: Math.max(...figures), y0: k, y1: k, layer: "below", line: { color: css("--line"), width: 4 } };
  });
  const marks = reached.flatMap((values, k) => values.map(([value, figure]) => ({ k, value, figure })));
  const chosen = ({ k, value }) => D.best !== null && equal(valueOf(D.influence[k].axis, D.best), value);
  const group = (wanted, name, marker) => {
    const some = marks.filter((mark) => chosen(mark) === wanted);
    return {
      type: "scatter", mode: "markers", name, x: some.map((mark) => mark.figure), y: some.map((mark) => mark.k), marker,
      text: some.map(({ k, value, figure: reach }) => `<b>${D.influence[k].axis} = ${said(value)}</b><br>${withUnit(D.aim, reach)}`), hovertemplate: "%{text}<extra></extra>",
    };
  };
  $("influence").style.height = `${Math.max(220, 90 + 30 * rows.length)}px`;
  Plotly.react("influence", [
    group(false, "another value", { size: 9, color: css("--paper"), line: { color: css("--soft"), width: 1.5 } }),
    group(true, "as recommended", { size: 11, color: css("--accent") }),
  ], layout({
    xaxis: closeAxis(D.aim, marks.map((mark) => mark.figure)),
    yaxis: { tickvals: rows.map((_, k) => k), ticktext: rows, range: [rows.length - 0.5, -0.5], showgrid: false, ticklen: 6, tickfont: { size: narrow() ? 10 : 12 } },
    shapes: spans, hovermode: "closest", legend: { orientation: "h", y: 1.02, yanchor: "bottom", font: { size: narrow() ? 10 : 12 } }, margin: { l: 8, r: 8, t: 30, b: 8 },
  }), still);
  const none = D.influence.map(({ axis, values }) => [axis, values.filter(([, figure]) => figure === null).map(([value]) => said(value))]).filter(([, values]) => values.length);
  $("influence-none").textContent = none.length ? `With these values no design keeps the limits: ${none.map(([axis, values]) => `${axis} = ${values.join(", ")}`).join("; ")}.` : "";
}
