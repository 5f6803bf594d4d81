// Objectives that the picture does not show as filters: a slider each, which writes its limit into the filter and reads it from there.

const steps = 200;

/** The values of an objective among all designs, from the best to the worst. */
const fromBest = (name) => [...new Set(designs[name])].filter((value) => value !== null).sort((a, b) => (D.objectives[name] === "min" ? a - b : b - a));
const sign = (name) => (D.objectives[name] === "min" ? "<=" : ">=");

/** The limit of an objective that the filter has, if it has one. */
const limitOf = (name) => clauses.find((clause) => clause.key === name && clause.operator === sign(name));

function drawLimits() {
  const list = $("limits"), shown = [$("x").value, $("y").value];
  const names = Object.keys(D.objectives).filter((name) => !shown.includes(name));
  list.hidden = !names.length;
  if (list.dataset.names !== names.join()) {
    list.dataset.names = names.join();
    list.replaceChildren();
    for (const name of names) {
      const values = fromBest(name), label = element("label", list, D.labels[name].replace(/ \(.*\)$/, ""));
      const slider = element("input", label), told = element("output", label);
      Object.assign(slider, { type: "range", min: 0, max: steps, step: 1 });
      slider.dataset.name = name;
      const at = (place) => values[Math.round((place / steps) * (values.length - 1))];
      const say = () => { told.textContent = Number(slider.value) === steps ? "any" : `${sign(name) === "<=" ? "≤" : "≥"} ${withUnit(name, rounded(name, at(slider.value)))}`; };
      slider.oninput = say;
      slider.onchange = () => {
        const others = clauses.filter((clause) => clause !== limitOf(name)).map(({ text }) => text);
        filterBy(Number(slider.value) === steps ? others : [...others, `${name}${sign(name)}${rounded(name, at(slider.value))}`]);
      };
      slider.follow = () => {
        const limit = limitOf(name), worse = (value) => (sign(name) === "<=" ? value > limit.values[0] : value < limit.values[0]);
        const first = limit ? values.findIndex(worse) : -1;
        slider.value = first < 0 ? steps : Math.max(0, Math.floor(((first - 1) / Math.max(1, values.length - 1)) * steps));
        say();
      };
    }
  }
  for (const slider of list.querySelectorAll("input")) slider.follow();
}

/** A limit of three digits that the value still keeps. */
function rounded(name, value) {
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value) || 1)) - 2);
  return Number(((sign(name) === "<=" ? Math.ceil(value / unit - 1e-9) : Math.floor(value / unit + 1e-9)) * unit).toPrecision(3));
}
