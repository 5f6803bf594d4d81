// How plots look, on light and on dark paper, on a wide and on a narrow screen.

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const narrow = () => window.innerWidth < 760;
const webgl = (() => { try { return !!document.createElement("canvas").getContext("webgl"); } catch { return false; } })();
const config = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"] };
const still = { ...config, displayModeBar: false };

/** A colour as it is on light paper, lighter on dark. */
function lit(colour) {
  if (!document.documentElement.classList.contains("dark")) return colour;
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return `rgb(${parts.map((part) => Math.round(part + 0.35 * (255 - part))).join(",")})`;
}

const shadeOf = (k) => lit(D.valueColours[k % D.valueColours.length]);
const architectureColour = (value) => (value in D.architectureColours ? lit(D.architectureColours[value]) : css("--ink"));
const colourOf = (kind) => lit(D.kindColours[kind]);

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

/** A logarithmic axis with 1, 2 and 5 of each decade, for figures within a few decades. */
function decades(title, values) {
  const ticks = [];
  for (let k = Math.floor(Math.log10(Math.min(...values))); k <= Math.log10(Math.max(...values)); k++) for (const digit of [1, 2, 5]) ticks.push(Number(`${digit}e${k}`));
  const few = ticks.length > 15 ? ticks.filter((tick) => String(tick).match(/[1-9]/)[0] === "1") : ticks;
  return { type: "log", title: { text: title }, tickvals: few, ticktext: few.map(number) };
}

/** An axis of a figure for a few values that are close to each other: with 1, 2 and 5 of each decade. */
const closeAxis = (name, values) => (values.every((value) => value > 0) && !isShare(name) ? decades(D.labels[name], values) : axisOfFigure(name, values));

/** The range of an axis that shows all values, with a little room on both sides. */
function rangeOf(values) {
  const places = values.every((value) => value > 0) ? values.map(Math.log10) : values;
  let low = Infinity, high = -Infinity;
  for (const place of places) { if (place < low) low = place; if (place > high) high = place; }
  const room = 0.05 * (high - low || 1);
  return [low - room, high + room];
}

/** An axis of a figure: logarithmic with plain numbers where all values are positive; shares as percentages. */
const axisOfFigure = (name, values) => (values.every((value) => value > 0) ? { ...logarithmic(D.labels[name]), ...(isShare(name) ? { tickformat: "~%" } : {}) } : { title: { text: D.labels[name] }, ...(isShare(name) ? { tickformat: "~%" } : {}) });
const logarithmic = (title) => ({ type: "log", title: { text: title }, exponentformat: "none", separatethousands: true, dtick: 1, minor: { dtick: "D1", ticks: "inside", tickcolor: css("--line"), showgrid: false } });
