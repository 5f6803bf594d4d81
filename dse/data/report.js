"use strict";
(() => {
  const D = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const designs = D.designs;
  const size = designs.id.length;
  for (const key of D.varied) designs[key] = designs[key].map((code) => (code < 0 ? null : D.values[key][code]));
  const narrow = () => window.innerWidth < 760;
  const webgl = (() => { try { return !!document.createElement("canvas").getContext("webgl"); } catch { return false; } })();
  const paragraphs = (id, texts) => { for (const text of texts) element("p", $(id), text); };
  const valueOf = (key, i) => (key in designs ? designs[key][i] : D.constant[key]);
  const groupOf = (i) => valueOf(D.compare, i);
  const colourOf = (value) => lit(D.valueColours[Math.max(0, D.groups.indexOf(value)) % D.valueColours.length]);

  /** A colour as it is on light paper, lighter on dark. */
  function lit(colour) {
    if (!document.documentElement.classList.contains("dark")) return colour;
    const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    return `rgb(${parts.map((part) => Math.round(part + 0.35 * (255 - part))).join(",")})`;
  }

  function element(tag, parent, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    if (parent) parent.append(made);
    return made;
  }

  function number(value) {
    if (value === null || value === undefined) return "–";
    if (typeof value !== "number") return String(value);
    if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
    return String(Number(value.toPrecision(3)));
  }

  const short = (value) => (value >= 1e6 ? `${(value / 1e6).toPrecision(3)}M` : value >= 1e4 ? `${(value / 1e3).toPrecision(3)}k` : number(value));

  const withUnit = (name, value) => `${number(value)}${D.units[name] ? " " + D.units[name] : ""}`;

  function toml(i) {
    const lines = [], nested = [];
    for (const key of D.keys) {
      const value = valueOf(key, i);
      if (value === null || value === undefined) continue;
      const line = `${key.split(".").pop()} = ${JSON.stringify(value)}`;
      (key.includes(".") ? nested : lines).push(line);
    }
    return [...lines, "", "[pipeline]", ...nested].join("\n");
  }

  // Plots -------------------------------------------------------------------------------------------------

  const config = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"] };

  function layout(extra) {
    const axis = { gridcolor: css("--grid"), linecolor: css("--line"), zeroline: false, automargin: true, color: css("--soft") };
    const merged = {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: "system-ui, -apple-system, Segoe UI, Roboto, Arial, sans-serif", size: narrow() ? 11 : 13, color: css("--ink") },
      modebar: { orientation: "v", bgcolor: "rgba(0,0,0,0)", color: css("--soft"), activecolor: css("--accent") },
      margin: { l: 8, r: 8, t: 8, b: 8 }, hoverlabel: { align: "left", bgcolor: css("--panel"), bordercolor: css("--line"), font: { color: css("--ink") } },
      ...extra,
    };
    merged.xaxis = { ...axis, ...extra.xaxis };
    merged.yaxis = { ...axis, ...extra.yaxis };
    return merged;
  }

  function hover(i) {
    const keys = D.varied.filter((key) => valueOf(key, i) !== null).map((key) => `${key} = ${valueOf(key, i)}`);
    const lines = [];
    for (let k = 0; k < keys.length; k += 3) lines.push(keys.slice(k, k + 3).join(", "));
    const figures = Object.keys(D.objectives).map((name) => `<b>${withUnit(name, designs[name][i])}</b>`);
    return `${figures.join(" · ")}<br>${lines.join("<br>")}`;
  }

  function ordered(indices, x) {
    return [...indices].sort((a, b) => designs[x][a] - designs[x][b]);
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

  function drawFront() {
    const x = $("x").value, y = $("y").value, colour = $("colour").value;
    const all = Array.from({ length: size }, (_, i) => i);
    const traces = [];
    const kind = webgl && size > 3000 ? "scattergl" : "scatter";
    if (x in D.cloud && y in D.cloud) {
      traces.push({
        type: webgl ? "scattergl" : "scatter", mode: "markers", x: D.cloud[x], y: D.cloud[y], name: "feasible, a sample",
        hoverinfo: "skip", marker: { size: 3, color: css("--cloud"), opacity: 0.55 },
      });
    }
    const groups = colour === D.compare ? D.groups : [...new Set(all.map((i) => valueOf(colour, i)))].sort((a, b) => (a > b ? 1 : -1));
    groups.forEach((value, k) => {
      const indices = all.filter((i) => valueOf(colour, i) === value);
      if (!indices.length) return;
      const shade = lit(D.valueColours[k % D.valueColours.length]);
      const name = typeof value === "string" ? value : `${colour} = ${value}`;
      if (x in D.objectives && y in D.objectives) {
        const steps = staircase(indices, x, y);
        traces.push({
          type: "scatter", mode: "lines", x: steps.map((i) => designs[x][i]), y: steps.map((i) => designs[y][i]),
          line: { color: shade, width: 2, shape: D.objectives[x] === "min" ? "hv" : "vh" }, hoverinfo: "skip", legendgroup: name, showlegend: false,
        });
      }
      const shown = ordered(indices.filter((i) => designs.front[i]), x);
      const others = ordered(indices.filter((i) => !designs.front[i]), x);
      for (const [part, opacity] of [[others, 0.15], [shown, 0.5]]) {
        if (!part.length) continue;
        traces.push({
          type: kind, mode: "markers", name, legendgroup: name, showlegend: part === shown || !shown.length,
          x: part.map((i) => designs[x][i]), y: part.map((i) => designs[y][i]), customdata: part,
          text: part.map(hover), hovertemplate: "%{text}<extra>" + name + "</extra>",
          marker: { size: 4, color: shade, opacity },
        });
      }
    });
    const marks = [...D.equals.map(([value, i]) => [value + ", as fast", i, "diamond-open"])];
    if (D.best !== null) marks.push(["recommended", D.best, "star"]);
    for (const [name, i, symbol] of marks) {
      const star = symbol === "star";
      traces.push({
        type: "scatter", mode: "markers", name, x: [designs[x][i]], y: [designs[y][i]], customdata: [i], text: [hover(i)],
        hovertemplate: "%{text}<extra>" + name + "</extra>",
        marker: { symbol, size: star ? 17 : 12, color: star ? css("--ink") : colourOf(groupOf(i)), line: { color: star ? css("--paper") : colourOf(groupOf(i)), width: star ? 1.5 : 2 } },
      });
    }
    if (D.verified.length) {
      traces.push({
        type: "scatter", mode: "markers", name: "synthesized and simulated", hoverinfo: "skip",
        x: D.verified.map((i) => designs[x][i]), y: D.verified.map((i) => designs[y][i]),
        marker: { symbol: "circle-open", size: 20, color: css("--ink"), line: { width: 1.5 } },
      });
    }
    const shapes = [], annotations = [];
    if (x in D.budget) {
      shapes.push({ type: "line", x0: D.budget[x], x1: D.budget[x], y0: 0, y1: 1, yref: "paper", line: { color: css("--soft"), width: 1, dash: "dash" } });
      annotations.push({ x: Math.log10(D.budget[x]), y: 0, yref: "paper", yanchor: "bottom", xanchor: "left", xshift: 4, showarrow: false, text: `budget ${withUnit(x, D.budget[x])}`, font: { color: css("--soft"), size: 11 } });
    }
    const log = (name) => ({ type: "log", title: { text: D.labels[name] }, exponentformat: "none", separatethousands: true, dtick: 1, minor: { dtick: "D1", ticks: "inside", tickcolor: css("--line"), showgrid: false } });
    Plotly.react("front", traces, layout({
      xaxis: log(x), yaxis: log(y), hovermode: "closest", shapes, annotations,
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, itemsizing: "constant", font: { size: narrow() ? 10 : 12 } },
      margin: { l: 8, r: 8, t: narrow() ? 70 : 40, b: 8 },
    }), config);
  }

  function drawBreakdown() {
    if (D.best === null) { $("breakdown-section").hidden = true; return; }
    const bars = [[String(groupOf(D.best)), D.best], ...D.equals];
    const names = bars.map(([name, i]) => `<b>${name}</b><br>${valueOf("architecture", i) === "lut" ? "µ = " + valueOf("group_size", i) + ", " : ""}${valueOf("tables", i)} × ${valueOf("columns", i)}`);
    const traces = D.parts.map((part, k) => ({
      type: "bar", name: part, x: names, y: bars.map(([, i]) => designs["area_" + part][i]), marker: { color: lit(D.partColours[k]) },
      hovertemplate: `${part}: %{y:,.0f} µm²<extra></extra>`, width: 0.62,
    }));
    const totals = bars.map(([, i], k) => ({
      x: names[k], y: designs.area_um2[i], yanchor: "bottom", showarrow: false,
      text: `${number(designs.area_um2[i])}${k ? ` <b>${(designs.area_um2[i] / designs.area_um2[D.best]).toFixed(2)}×</b>` : ""}`,
    }));
    Plotly.react("breakdown", traces, layout({
      barmode: "stack", annotations: totals, legend: { orientation: "h", y: -0.22, traceorder: "normal" },
      yaxis: { title: { text: "Area (µm²)" }, separatethousands: true, exponentformat: "none", rangemode: "tozero" }, xaxis: { gridcolor: "rgba(0,0,0,0)" },
      margin: { l: 8, r: 8, t: 24, b: 8 },
    }), { ...config, displayModeBar: false });
  }

  function drawFormats() {
    if (!D.formats.length) { $("formats-section").hidden = true; return; }
    const names = [...new Set(D.formats.map((row) => row.number))];
    const architectures = [...new Set(D.formats.map((row) => row.architecture))];
    const traces = (across, legend) => architectures.map((architecture, k) => {
      const own = D.formats.filter((row) => row.architecture === architecture);
      return {
        type: "scatter", mode: "markers", name: architecture, showlegend: legend, x: own.map((row) => row[across]), y: own.map((row) => row.cost),
        marker: { color: lit(D.valueColours[k]), symbol: ["circle", "square", "diamond"][k % 3], size: 9 },
        text: own.map((row) => `<b>${row.number}, ${architecture}</b><br>${row.what}<br>${number(row.cost)} µm² per token/s, ${number(row.error)} RMS error`),
        hovertemplate: "%{text}<extra></extra>",
      };
    });
    const cost = { type: "log", title: { text: "Area per token rate (µm²·s)" }, exponentformat: "none" };
    Plotly.react("formats", traces("number", true), layout({
      xaxis: { type: "category", categoryorder: "array", categoryarray: names, gridcolor: "rgba(0,0,0,0)" }, yaxis: cost,
      legend: { orientation: "h", y: 1.12 },
    }), { ...config, displayModeBar: false });
    Plotly.react("formats-error", traces("error", false), layout({ xaxis: { type: "log", title: { text: "RMS error" }, exponentformat: "power" }, yaxis: cost }), { ...config, displayModeBar: false });
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
      const colours = points.map(([value]) => (String(value) === chosen ? lit(D.valueColours[0]) : css("--cloud")));
      const x = points.map(([value]) => (many ? value : String(value))), y = points.map(([, price]) => price);
      const floor = Math.min(...y), ceiling = Math.max(...y);
      Plotly.react(id, [many
        ? { type: "scatter", mode: "lines+markers", x, y, line: { color: css("--cloud"), width: 1.5 }, marker: { color: colours, size: points.map(([v]) => (String(v) === chosen ? 9 : 4)) }, hovertemplate: `${key} = %{x}: %{y:,.0f}<extra></extra>` }
        : { type: "bar", x, y, marker: { color: colours }, text: y.map(short), textposition: "outside", textangle: 0, textfont: { size: 11 }, constraintext: "none", cliponaxis: false, hovertemplate: `${key} = %{x}: %{y:,.0f}<extra></extra>` },
      ], layout({
        title: { text: `<b>${key}</b>`, font: { size: 13 }, x: 0, xanchor: "left", y: 0.98, yanchor: "top" },
        margin: { l: 4, r: 8, t: 34, b: 4 }, showlegend: false,
        xaxis: { type: many ? "linear" : "category", gridcolor: "rgba(0,0,0,0)" },
        yaxis: many ? { range: [0.9 * floor, Math.min(ceiling, 2.2 * floor) * 1.05], separatethousands: true, exponentformat: "none", nticks: 4 } : { range: [0, 1.15 * ceiling], visible: false },
      }), { ...config, displayModeBar: false });
    }
  }

  // The chosen design -------------------------------------------------------------------------------------

  function choose(i, scroll) {
    const panel = $("design");
    panel.hidden = false;
    panel.replaceChildren();
    const known = D.highlights.filter(([, j]) => j === i).map(([what]) => what).join(", ");
    element("h3", panel, `Design ${designs.id[i]}${known ? ": " + known : ""}`);
    const list = element("dl", panel);
    for (const name of Object.keys(D.labels)) {
      element("dt", list, D.labels[name].replace(/ \(.*\)$/, ""));
      element("dd", list, withUnit(name, designs[name][i]));
    }
    const side = element("div", panel);
    const text = toml(i);
    element("pre", side, text);
    const copy = element("button", side, "Copy as core.toml");
    copy.type = "button";
    copy.style.marginTop = "10px";
    copy.onclick = async () => {
      try { await navigator.clipboard.writeText(text); copy.textContent = "Copied"; }
      catch { getSelection().selectAllChildren(side.firstChild); copy.textContent = "Selected, copy it now"; }
    };
    document.querySelectorAll("tr.chosen").forEach((row) => row.classList.remove("chosen"));
    const row = document.querySelector(`#designs tr[data-i="${i}"]`);
    if (row) row.classList.add("chosen");
    if (scroll) panel.scrollIntoView({ behavior: "smooth", block: "nearest" });
  }

  // Tables ------------------------------------------------------------------------------------------------

  const columns = [...(D.varied.includes(D.compare) ? [D.compare] : []), ...Object.keys(D.objectives), ...D.varied.filter((key) => key !== D.compare), ...["area_um2_per_token_per_second", "utilisation", "delay_ps", "bits_per_weight"].filter((n) => !(n in D.objectives))];
  let sortBy = D.price, descending = false, limit = 25;

  function matching() {
    const which = $("which").value;
    const tests = $("filter").value.trim().split(/\s+/).filter(Boolean).map((word) => {
      const [, key, op, value] = word.match(/^([\w.]+)(<=|>=|=|<|>)(.+)$/) || [null, null, null, word];
      if (!key) return (i) => columns.some((name) => String(valueOf(name, i)) === value);
      return (i) => {
        const actual = valueOf(key, i);
        if (op === "=") return String(actual) === value;
        return { "<": actual < +value, ">": actual > +value, "<=": actual <= +value, ">=": actual >= +value }[op];
      };
    });
    const found = [];
    for (let i = 0; i < size; i++) {
      if (which === "the front of all" ? !designs.front[i] : which !== "all" && String(groupOf(i)) !== which) continue;
      if (tests.every((test) => test(i))) found.push(i);
    }
    return found.sort((a, b) => {
      const p = valueOf(sortBy, a), q = valueOf(sortBy, b);
      return (p < q ? -1 : p > q ? 1 : 0) * (descending ? -1 : 1);
    });
  }

  const heading = (name) => (D.labels[name] || name).replace(" (", "\u200b (");

  function drawDesigns() {
    const table = $("designs");
    table.replaceChildren();
    const head = element("tr", element("thead", table));
    for (const name of columns) {
      const cell = element("th", head, heading(name));
      if (typeof valueOf(name, 0) === "string") cell.className = "text";
      if (name === sortBy) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
      cell.onclick = () => { descending = name === sortBy ? !descending : D.objectives[name] === "max"; sortBy = name; drawDesigns(); };
    }
    const rows = matching();
    const body = element("tbody", table);
    for (const i of rows.slice(0, limit)) {
      const row = element("tr", body);
      row.dataset.i = i;
      row.onclick = () => choose(i, true);
      for (const name of columns) {
        const cell = element("td", row, number(valueOf(name, i)));
        if (typeof valueOf(name, 0) === "string") cell.className = "text";
        if (name === D.compare) { const dot = element("span", null, undefined, "swatch"); dot.style.background = colourOf(groupOf(i)); cell.prepend(dot); }
      }
    }
    $("count").textContent = `${number(rows.length)} designs`;
    $("more").hidden = rows.length <= limit;
  }

  function drawLayers() {
    if (!D.layers.length) { $("layers-section").hidden = true; return; }
    const head = element("tr", element("thead", $("layers")));
    for (const name of ["layer", "inputs N", "outputs M", "times", "tiles", "cycles each", "utilisation", "share of time"]) element("th", head, name);
    const body = element("tbody", $("layers"));
    for (const layer of D.layers) {
      const row = element("tr", body);
      for (const text of [layer.name, number(layer.inputs), number(layer.outputs), number(layer.count), layer.tiles, number(layer.cycles), `${(100 * layer.utilisation).toFixed(1)} %`, `${(100 * layer.share).toFixed(1)} %`]) element("td", row, text);
    }
  }

  // The page ----------------------------------------------------------------------------------------------

  paragraphs("headline", D.headline);
  paragraphs("why", D.why);
  paragraphs("searched", D.searched);
  paragraphs("assumptions", D.assumptions);
  for (const card of D.cards) {
    const box = element("div", $("cards"), undefined, "card");
    element("span", box, card.label);
    element("b", box, card.value);
    element("span", box, card.note);
  }
  for (const [name, value] of D.provenance) { element("dt", $("provenance"), name); element("dd", $("provenance"), value); }
  $("front-caption").textContent = `${number(D.frontSize)} designs are on the front of all objectives together (strong); lines join the best of each kind in the two shown. Hover for the configuration, click for the whole design.`;
  $("choices-caption").textContent = D.best === null ? "" : `The least ${D.labels[D.price].replace(/ \(.*/, "").toLowerCase()} (${D.units[D.price]}) of a ${groupOf(D.best)} core as fast as the recommended one, for each value of a parameter, everything else chosen anew.${D.complete ? "" : " Read off a sample of the space."}`;
  const option = (select, value, text) => { const made = element("option", select, text || value); made.value = value; };
  for (const name of Object.keys(D.labels)) { option($("x"), name, D.labels[name]); option($("y"), name, D.labels[name]); }
  for (const key of [...new Set([D.compare, ...D.varied.filter((k) => new Set(designs[k]).size <= 8)])]) option($("colour"), key);
  for (const name of ["the front of all", "all", ...(D.groups.length > 1 ? D.groups.map(String) : [])]) option($("which"), name);
  $("x").value = D.price; $("y").value = D.rate; $("colour").value = D.compare;
  for (const id of ["x", "y", "colour"]) $(id).onchange = drawFront;
  for (const id of ["which", "filter"]) $(id).oninput = () => { limit = 25; drawDesigns(); };
  $("more").onclick = () => { limit += 100; drawDesigns(); };

  function draw() { drawFront(); drawBreakdown(); drawFormats(); drawChoices(); }
  function theme(dark) { document.documentElement.classList.toggle("dark", dark); draw(); }
  const preference = matchMedia("(prefers-color-scheme: dark)");
  theme(preference.matches);
  preference.onchange = () => theme(preference.matches);
  $("theme").onclick = () => theme(!document.documentElement.classList.contains("dark"));
  let wasDark = false;
  addEventListener("beforeprint", () => { wasDark = document.documentElement.classList.contains("dark"); theme(false); });
  addEventListener("afterprint", () => theme(wasDark));
  $("front").on("plotly_click", (event) => { const i = event.points[0].customdata; if (i !== undefined) choose(i, false); });
  drawLayers();
  drawDesigns();
  if (D.best !== null) choose(D.best, false);
})();
