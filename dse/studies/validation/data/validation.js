"use strict";
(() => {
  const D = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const SIZE = 520, LEFT = 62, BOTTOM = 46, TOP = 10;
  const hidden = new Set();

  const number = (value) => (value >= 1000 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(4))));
  const colourOf = (value, values) => {
    const place = values.indexOf(value);
    return values.length <= D.colours.length ? D.colours[place] : `hsl(${(360 * place) / values.length} 60% 50%)`;
  };

  function svg(tag, parent, attributes, text) {
    const made = document.createElementNS(parent.namespaceURI, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  }

  /** 1, 2 and 5 times powers of ten between two values; where they would crowd, powers of ten. */
  function ticks(low, high) {
    const found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
      for (const digit of [1, 2, 5]) found.push(digit * 10 ** power);
    const inside = found.filter((value) => value >= low && value <= high);
    return inside.length > 9 ? inside.filter((value) => Number.isInteger(Math.log10(value))) : inside;
  }

  function draw(name) {
    const cores = D.cores, [label, unit] = D.figures[name];
    const values = cores.flatMap((core) => [core[`synthesized_${name}`], core[`modelled_${name}`]]);
    const low = 0.8 * Math.min(...values), high = 1.25 * Math.max(...values);
    const share = (value) => Math.log(value / low) / Math.log(high / low);
    const inner = SIZE - LEFT - TOP;
    const x = (value) => LEFT + inner * share(value);
    const y = (value) => TOP + inner * (1 - share(value));
    $(name).innerHTML = `<svg class="chart" viewBox="0 0 ${SIZE} ${TOP + inner + BOTTOM}"></svg>`;
    const chart = $(name).firstChild;
    const [more, less] = [1 + D.band, 1 - D.band];
    const corners = [[low, low], [low, low * more], [high / more, high], [high, high], [high, high * less], [low / less, low]];
    svg("polygon", chart, { class: "band", points: corners.map(([a, b]) => `${x(a)},${y(b)}`).join(" ") });
    for (const value of ticks(low, high)) {
      svg("line", chart, { class: "grid-line", x1: x(value), x2: x(value), y1: TOP, y2: TOP + inner });
      svg("line", chart, { class: "grid-line", x1: LEFT, x2: LEFT + inner, y1: y(value), y2: y(value) });
      svg("text", chart, { x: x(value), y: TOP + inner + 18, "text-anchor": "middle" }, number(value));
      svg("text", chart, { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, number(value));
    }
    svg("line", chart, { class: "equal", x1: x(low), x2: x(high), y1: y(low), y2: y(high) });
    svg("text", chart, { x: LEFT + inner / 2, y: TOP + inner + 38, "text-anchor": "middle" }, `synthesized ${label} (${unit})`);
    const turned = { "text-anchor": "middle", transform: `translate(14 ${TOP + inner / 2}) rotate(-90)` };
    svg("text", chart, turned, `modelled ${label} (${unit})`);
    const key = $("colour").value, known = valuesOf(key);
    cores.forEach((core, index) => {
      const place = { cx: x(core[`synthesized_${name}`]), cy: y(core[`modelled_${name}`]), r: 4.5 };
      const dot = svg("circle", chart, { ...place, fill: colourOf(core[key], known), "data-index": index });
      dot.classList.toggle("dim", hidden.has(core[key]));
      dot.addEventListener("pointerenter", () => choose(index));
    });
  }

  const valuesOf = (key) => [...new Set(D.cores.map((core) => core[key]))].sort();
  const off = (core, name) => 100 * (core[`modelled_${name}`] / core[`synthesized_${name}`] - 1);
  const signed = (percent) => `${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(1)} %`;

  function choose(index) {
    const core = D.cores[index];
    const figures = Object.entries(D.figures).map(([name, [, unit]]) =>
      `${name} ${number(core[`modelled_${name}`])} for ${number(core[`synthesized_${name}`])} ${unit} (${signed(off(core, name))})`);
    $("core").textContent = `${core.core}: ${core.architecture}, ${core.activation} ${core.numbers}, ${core.shape}; ${figures.join(", ")}`;
    for (const dot of document.querySelectorAll(".chart circle")) dot.classList.toggle("chosen", dot.dataset.index === String(index));
  }

  function legend() {
    const key = $("colour").value, values = valuesOf(key);
    $("legend").textContent = "";
    for (const value of values) {
      const button = document.createElement("button");
      const swatch = button.appendChild(document.createElement("span"));
      button.type = "button";
      swatch.className = "swatch";
      swatch.style.background = colourOf(value, values);
      button.append(value);
      button.classList.toggle("off", hidden.has(value));
      button.addEventListener("click", () => { if (!hidden.delete(value)) hidden.add(value); show(); });
      $("legend").append(button, " ");
    }
  }

  function show() {
    legend();
    for (const name of Object.keys(D.figures)) draw(name);
  }

  for (const key of D.groupings) $("colour").append(new Option(key, key));
  $("colour").value = "numbers";
  $("colour").addEventListener("change", () => { hidden.clear(); show(); });
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  document.documentElement.classList.toggle("dark", dark.matches);
  $("theme").addEventListener("click", () => document.documentElement.classList.toggle("dark"));
  show();
})();
