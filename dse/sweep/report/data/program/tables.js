// The designs that pass the filter as a table to sort, and the recommended design layer by layer.

const columns = [...new Set([...D.compare.filter((key) => D.varied.includes(key)), ...Object.keys(D.objectives), ...D.varied, D.efficiency, "utilisation", "clock_mhz", "delay_ps", "bits_per_weight"])];
let sortBy = D.price, descending = D.objectives[D.price] === "max", limit = 25;

const heading = (name) => (D.labels[name] || name).replace(" (", "\u200b (").replace(/([_.])/g, "$1\u200b");

function sorted() {
  return [...matching()].sort((a, b) => {
    const p = valueOf(sortBy, a), q = valueOf(sortBy, b);
    return (p < q ? -1 : p > q ? 1 : 0) * (descending ? -1 : 1);
  });
}

function drawDesigns() {
  const table = $("designs");
  table.replaceChildren();
  const head = element("tr", element("thead", table));
  for (const name of columns) {
    const cell = element("th", head, undefined, typeof valueOf(name, 0) === "string" ? "text" : undefined);
    if (name === sortBy) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
    button(cell, heading(name), () => { descending = name === sortBy ? !descending : D.objectives[name] === "max"; sortBy = name; drawDesigns(); });
  }
  element("th", head, undefined, "no-print");
  const rows = sorted();
  const body = element("tbody", table);
  for (const i of rows.slice(0, limit)) {
    const row = element("tr", body);
    row.dataset.i = i;
    row.onclick = () => choose(i, true);
    for (const name of columns) {
      const cell = element("td", row, figure(name, valueOf(name, i)));
      if (typeof valueOf(name, 0) === "string") cell.className = "text";
      if (name === D.compare[0]) { const dot = element("span", null, undefined, "swatch"); dot.style.background = colourOf(kindOf(i)); cell.prepend(dot); }
    }
    const copy = button(element("td", row, undefined, "no-print"), "Copy TOML", (event) => { event.stopPropagation(); copyToml(i, copy); });
  }
  $("shown").textContent = rows.length > limit ? `The first ${number(limit)} of ${number(rows.length)} designs.` : `${number(rows.length)} designs.`;
  $("more").hidden = rows.length <= limit;
}

/** A figure of a layer as a cell with a bar behind its number. */
function barred(cell, share, colour) {
  const bar = element("span", cell, undefined, "cell-bar");
  bar.style.width = `${100 * Math.min(1, share)}%`;
  bar.style.background = colour;
}

function drawLayers() {
  if (!D.layers.rows.length) { $("layers-section").hidden = true; return; }
  const table = $("layers");
  table.replaceChildren();
  const head = element("tr", element("thead", table));
  for (const name of D.layers.head) element("th", head, name);
  const body = element("tbody", table);
  for (const { cells, utilisation, share } of D.layers.rows) {
    const row = element("tr", body);
    cells.forEach((text, k) => {
      const name = D.layers.head[k], cell = element("td", row, text);
      if (name === "utilisation") barred(cell, utilisation, shadeOf(0));
      if (name === "share of time") barred(cell, share, shadeOf(1));
    });
  }
}
