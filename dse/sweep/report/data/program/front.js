// The front in any two figures. Hover names the design in full, a click shows the design, a click in the legend filters.

function hover(i) {
  const parts = designs.phrase[i].split(", ");
  const lines = [];
  const many = narrow() ? 2 : 3;
  for (let k = 0; k < parts.length; k += many) lines.push(parts.slice(k, k + many).join(", "));
  const figures = Object.keys(D.objectives).map((name) => `<b>${withUnit(name, designs[name][i])}</b>`);
  return `${figures.join(" · ")}<br>${lines.join("<br>")}`;
}

/** Of designs those that no other beats in x and y alone, in the order of x. */
function staircase(indices, x, y) {
  const better = (name, a, b) => (D.objectives[name] === "max" ? a > b : a < b);
  const sorted = [...indices].sort((a, b) => {
    if (designs[x][a] !== designs[x][b]) return better(x, designs[x][a], designs[x][b]) ? -1 : 1;
    return better(y, designs[y][a], designs[y][b]) ? -1 : 1;
  });
  const kept = [];
  for (const i of sorted) if (!kept.length || better(y, designs[y][i], designs[y][kept[kept.length - 1]])) kept.push(i);
  return kept;
}

/** Where a value stands on its axis, as annotations want it. */
const onAxis = (name, value) => (designs[name].every((each) => each > 0) ? Math.log10(value) : value);

/** Points of some designs; hover text is made when it is asked for. */
function points(kind, indices, x, y, name, shade, opacity, more) {
  return {
    type: kind, mode: "markers", name, legendgroup: name, x: indices.map((i) => designs[x][i]), y: indices.map((i) => designs[y][i]),
    customdata: indices, hoverinfo: "none", marker: { size: 4, color: shade, opacity }, ...more,
  };
}

/** The way along a front in steps, each coordinate moved by a share: from the better side, or from the worse. */
function shifted(steps, x, y, share) {
  const move = (name, value) => value * (1 + (D.objectives[name] === "min" ? -1 : 1) * share * (D.uncertainties[name] || 0));
  const path = [];
  steps.forEach((i, k) => {
    const at = [move(x, designs[x][i]), move(y, designs[y][i])];
    if (k) path.push([at[0], path[path.length - 1][1]]);
    path.push(at);
  });
  return path;
}

/** Where the front may be, by what the model is off in the median. */
function band(steps, x, y, shade, name) {
  const path = [...shifted(steps, x, y, 1), ...shifted(steps, x, y, -1).reverse()];
  return { type: "scatter", mode: "lines", fill: "toself", fillcolor: shade, opacity: 0.16, line: { width: 0 }, x: path.map(([a]) => a), y: path.map(([, b]) => b), hoverinfo: "skip", legendgroup: name, showlegend: false };
}

function drawFront() {
  const x = $("x").value, y = $("y").value, colour = $("colour").value;
  const shown = matching();
  const traces = [];
  const kind = webgl && size > 3000 ? "scattergl" : "scatter";
  if (x in D.cloud && y in D.cloud) {
    traces.push({
      type: webgl ? "scattergl" : "scatter", mode: "markers", x: D.cloud[x], y: D.cloud[y], name: "feasible, a sample",
      hoverinfo: "skip", marker: { size: 3, color: css("--cloud"), opacity: 0.55 },
    });
  }
  const kinds = colour === "kind";
  const groups = kinds ? D.kinds.map((_, k) => k) : [...new Set(Array.from({ length: size }, (_, i) => valueOf(colour, i)))].sort((a, b) => (a > b ? 1 : -1));
  const others = Object.keys(D.budget).filter((name) => name !== x && name !== y);
  const keeps = (i) => others.every((name) => within(name, i));
  groups.forEach((value, k) => {
    const indices = shown.filter((i) => valueOf(colour, i) === value);
    const shade = kinds ? colourOf(value) : colour === "architecture" ? architectureColour(value) : shadeOf(k);
    const name = kinds ? D.kindNames[value] : typeof value === "string" ? value : `${colour} = ${value}`;
    const meta = kinds ? { keys: D.compare, values: D.kinds[value] } : { keys: [colour], values: [value] };
    traces.push({ type: "scatter", mode: "markers", name, meta, legendgroup: name, x: [null], y: [null], marker: { color: indices.length ? shade : css("--line"), size: 9 } });
    if (!indices.length) return;
    if (x in D.objectives && y in D.objectives) {
      const steps = staircase(indices.filter(keeps), x, y);
      if (steps.length && (D.uncertainties[x] || D.uncertainties[y])) traces.push(band(steps, x, y, shade, name));
      traces.push({
        type: "scatter", mode: "lines", x: steps.map((i) => designs[x][i]), y: steps.map((i) => designs[y][i]),
        line: { color: shade, width: 2, shape: D.objectives[x] === "min" ? "hv" : "vh" }, hoverinfo: "skip", legendgroup: name, showlegend: false,
      });
    }
    const strong = indices.filter((i) => designs.front[i] && keeps(i)), faint = indices.filter((i) => !designs.front[i] || !keeps(i));
    if (faint.length) traces.push(points(kind, faint, x, y, name, shade, 0.15, { showlegend: false }));
    if (strong.length) traces.push(points(kind, strong, x, y, name, shade, 0.5, { showlegend: false }));
  });
  const marks = equals.map(([value, i]) => [`${value}${D.single ? "" : `, ${D.alike}`}${tied(i) ? ", not told apart" : ""}`, i, "diamond-open"]);
  if (best !== null) marks.push(["recommended", best, "star"]);
  for (const [name, i, symbol] of marks) {
    const star = symbol === "star", shade = colourOf(kindOf(i));
    const marker = { symbol, size: star ? 17 : 12, color: star ? css("--ink") : shade, line: { color: star ? css("--paper") : shade, width: star ? 1.5 : 2 } };
    traces.push(points("scatter", [i], x, y, name, shade, 1, { marker }));
  }
  if (D.verified.length) {
    const marker = { symbol: "circle-open", size: 15, color: css("--ink"), line: { width: 1.5, color: css("--ink") } };
    traces.push(points("scatter", D.verified, x, y, "synthesized and simulated", css("--ink"), 1, { marker }));
  }
  if (D.reference && x in D.reference.figures && y in D.reference.figures) {
    const { name, phrase, figures } = D.reference;
    traces.push({
      type: "scatter", mode: "markers", name, x: [figures[x]], y: [figures[y]], text: [`<b>${name}</b><br>${phrase}`], hovertemplate: "%{text}<extra></extra>",
      marker: { symbol: "diamond", size: 12, color: lit("#b02a4a"), line: { color: css("--paper"), width: 1.5 } },
    });
  }
  const shapes = [], annotations = [];
  pins.forEach((i, k) => annotations.push({ x: onAxis(x, designs[x][i]), y: onAxis(y, designs[y][i]), text: `<b>${letters[k]}</b>`, showarrow: false, yshift: 16, font: { color: css("--ink"), size: 13 } }));
  // Whatever is in this strip costs as much as the recommended design, as far as the model can tell.
  if (best !== null && x === D.price && D.uncertainties[x]) {
    const cost = designs[x][best], off = 1 + D.uncertainties[x];
    shapes.push({ type: "rect", x0: cost / off, x1: cost * off, y0: 0, y1: 1, yref: "paper", layer: "below", fillcolor: css("--soft"), opacity: 0.16, line: { width: 0 } });
  }
  if (y in D.budget) shapes.push({ type: "line", x0: 0, x1: 1, xref: "paper", y0: D.budget[y], y1: D.budget[y], line: { color: css("--soft"), width: 1, dash: "dash" } });
  if (x in D.budget) {
    shapes.push({ type: "line", x0: D.budget[x], x1: D.budget[x], y0: 0, y1: 1, yref: "paper", line: { color: css("--soft"), width: 1, dash: "dash" } });
    annotations.push({ x: onAxis(x, D.budget[x]), y: 0, yref: "paper", yanchor: "bottom", xanchor: "left", xshift: 4, showarrow: false, text: `budget ${withUnit(x, D.budget[x])}`, font: { color: css("--soft"), size: 11 } });
  }
  Plotly.react("front", traces, layout({
    xaxis: { ...axisOfFigure(x, designs[x]), range: rangeOf(designs[x]) }, yaxis: { ...axisOfFigure(y, designs[y]), range: rangeOf(designs[y]) }, hovermode: "closest", shapes, annotations,
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, itemsizing: "constant", font: { size: narrow() ? 10 : 12 } },
    margin: { l: 8, r: 8, t: narrow() ? 70 : 40, b: 8 },
  }), config);
}

/** What the pointer is over, beside it. */
function tell(event) {
  const point = event.points[0], tip = $("tip");
  if (!Number.isInteger(point.customdata)) return;
  tip.innerHTML = `${hover(point.customdata)}<br><i></i>`;
  tip.lastChild.textContent = point.data.name;
  tip.hidden = false;
  const box = $("front").getBoundingClientRect(), at = event.event;
  const x = at.clientX - box.left, y = at.clientY - box.top;
  tip.style.left = `${Math.max(0, Math.min(x + 14, box.width - tip.offsetWidth))}px`;
  tip.style.top = `${y + 16 + tip.offsetHeight > box.height ? Math.max(0, y - tip.offsetHeight - 12) : y + 16}px`;
}

function listenToFront() {
  const plot = $("front");
  plot.on("plotly_hover", tell);
  plot.on("plotly_unhover", () => { $("tip").hidden = true; });
  plot.on("plotly_click", (event) => { const i = event.points[0].customdata; if (Number.isInteger(i)) choose(i, false); });
  plot.on("plotly_legendclick", (event) => {
    const meta = event.data[event.curveNumber].meta;
    if (!meta) return true;
    toggle(meta.keys, meta.values);
    return false;
  });
  plot.on("plotly_legenddoubleclick", () => false);
}
