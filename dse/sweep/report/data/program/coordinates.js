// Parallel coordinates of the front's designs: every varied key and objective an axis, ranges along them a filter.

const mostLines = 2500; // beyond that lines hide each other, and brushing is no longer smooth without a graphics card
const axes = [...D.varied.filter((key) => !(key in D.objectives)), ...Object.keys(D.objectives)].map(axisOf);

/** An axis: its name, the place of each design on it, and its ticks; figures are logarithmic, other keys in order. */
function axisOf(name) {
  const column = designs[name];
  if (name in D.objectives && column.every((value) => value > 0)) {
    const places = column.map(Math.log10), low = Math.min(...D.front.map((i) => places[i])), high = Math.max(...D.front.map((i) => places[i]));
    const ticks = [];
    for (let decade = Math.floor(low); decade <= high; decade++) for (const digit of high - low > 3 ? [1] : [1, 2, 5]) ticks.push(decade + Math.log10(digit));
    const shown = ticks.filter((tick) => tick >= low && tick <= high);
    return { name, label: D.labels[name], places, range: high > low ? [low, high] : [low - 0.1, high + 0.1], ticks: shown.length ? shown : [low], texts: (shown.length ? shown : [low]).map((tick) => (isShare(name) ? percent(10 ** tick) : short(Number((10 ** tick).toPrecision(3))))), log: true };
  }
  const values = [...new Set(D.front.map((i) => column[i]))].sort((a, b) => (a === null ? -1 : b === null ? 1 : a > b ? 1 : -1));
  const code = new Map(values.map((value, k) => [value, k]));
  const every = Math.ceil(values.length / 12), ticks = values.map((_, k) => k).filter((k) => k % every === 0);
  return { name, label: D.labels[name] || name, places: column.map((value) => code.get(value) ?? -1), range: values.length > 1 ? [0, values.length - 1] : [-0.5, 0.5], ticks, texts: ticks.map((k) => (values[k] === null ? "–" : String(values[k]))), values };
}

/** The words of the filter that say what a range along an axis says. */
function rangeWords(axis, range) {
  if (axis.log) {
    const low = Number((10 ** range[0]).toPrecision(4)), high = Number((10 ** range[1]).toPrecision(4));
    return [...(range[0] > axis.range[0] ? [`${axis.name}>=${low}`] : []), ...(range[1] < axis.range[1] ? [`${axis.name}<=${high}`] : [])];
  }
  const chosen = axis.values.filter((value, k) => value !== null && k >= range[0] && k <= range[1]);
  return chosen.length ? [`${axis.name}=${chosen.map(written).join("|")}`] : [`not ${axis.name} in [${axis.values.filter((value) => value !== null).map(written).join(", ")}]`];
}

/** The range along an axis that the filter asks for, if it asks for one. */
function wordsRange(axis) {
  const own = clauses.filter((clause) => clause.key === axis.name && ["=", "<", ">", "<=", ">="].includes(clause.operator));
  if (!own.length) return undefined;
  const exact = own.find((clause) => clause.operator === "=");
  if (exact && axis.values) {
    const codes = exact.values.map((wanted) => axis.values.findIndex((value) => equal(value, wanted))).filter((code) => code >= 0);
    return codes.length ? [Math.min(...codes) - 0.3, Math.max(...codes) + 0.3] : undefined;
  }
  if (exact || !axis.log) return undefined;
  const range = [...axis.range];
  for (const { operator, values } of own) range[operator[0] === ">" ? 0 : 1] = Math.log10(values[0]);
  return range;
}

function drawCoordinates() {
  const ranges = axes.map(wordsRange);
  const inPlot = new Set(axes.filter((_, k) => ranges[k]).map((axis) => axis.name));
  const others = clauses.filter((clause) => !inPlot.has(clause.key));
  const all = D.front.filter((i) => others.every(({ passes }) => passes(i)));
  const count = Math.min(mostLines, all.length);
  const shown = Array.from({ length: count }, (_, k) => all[Math.floor((k * all.length) / count)]);
  $("lines").textContent = count < all.length ? ` Lines are an even choice of ${number(count)} of ${number(all.length)} designs.` : "";
  const kinds = D.kinds.length;
  const scale = D.kinds.flatMap((_, k) => [[k / kinds, colourOf(k)], [(k + 1) / kinds, colourOf(k)]]);
  // Inside the page, as close to each other as that takes; on a narrow screen they scroll instead.
  const dense = !narrow() && axes.length > 10;
  $("coordinates").style.minWidth = narrow() ? `${axes.length * 72}px` : "";
  Plotly.react("coordinates", [{
    type: "parcoords", labelside: "top", labelangle: dense ? -28 : -14, labelfont: { size: dense ? 10 : 11, color: css("--ink") }, tickfont: { size: dense ? 9 : 10, color: css("--ink") }, rangefont: { size: 1, color: "rgba(0,0,0,0)" },
    line: { color: shown.map((i) => kindOf(i) + 0.5), cmin: 0, cmax: kinds, colorscale: scale },
    unselected: { line: { color: css("--cloud"), opacity: Math.min(0.2, 60 / Math.sqrt(shown.length + 1) / 100) } },
    dimensions: axes.map((axis, k) => ({
      label: axis.label.replace(/ \(.*\)$/, "").replace("pipeline.", ""), values: shown.map((i) => axis.places[i]), range: axis.range, tickvals: axis.ticks, ticktext: axis.texts.map((text) => (text.length > 10 ? `${text.slice(0, 9)}…` : text)), multiselect: false, ...(ranges[k] ? { constraintrange: ranges[k] } : {}),
    })),
  }], layout({ margin: { l: 56, r: 112, t: 92, b: 16 } }), still);
}

function listenToCoordinates() {
  $("coordinates").on("plotly_restyle", () => {
    let wanted = clauses;
    $("coordinates").data[0].dimensions.forEach((dimension, k) => {
      const before = wordsRange(axes[k]), range = dimension.constraintrange;
      if (String(before) === String(range)) return;
      wanted = wanted.filter((clause) => clause.key !== axes[k].name);
      if (range) wanted = [...wanted, ...rangeWords(axes[k], range).map((text) => ({ text }))];
    });
    filterBy(wanted.map(({ text }) => text), "coordinates");
  });
}

// Without a graphics card drawing them takes seconds: first when there is time, then only when they are looked at.
let stale = true, inSight = false, drawn = false;

function refreshCoordinates() {
  if (!stale || !webgl || D.front.length < 2) return;
  stale = false;
  drawCoordinates();
  if (!drawn) listenToCoordinates();
  drawn = true;
}

function coordinatesChanged() {
  stale = true;
  if (inSight) setTimeout(refreshCoordinates);
}

function watchCoordinates() {
  if (!webgl || D.front.length < 2) { $("coordinates-section").hidden = true; return; }
  new IntersectionObserver((entries) => { inSight = entries[entries.length - 1].isIntersecting; if (inSight) refreshCoordinates(); }).observe($("coordinates"));
  setTimeout(refreshCoordinates, 1000);
}
