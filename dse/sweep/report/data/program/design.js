// One design: its figures, its keys to filter by, and its core file to copy.

function toml(i) {
  const lines = [], nested = [];
  for (const key of D.keys) {
    const value = valueOf(key, i);
    if (value === null || value === undefined) continue;
    (key.includes(".") ? nested : lines).push(`${key.split(".").pop()} = ${JSON.stringify(value)}`);
  }
  if (valueOf("cores", i) > 1) lines.push(...D.arrayKeys.map((key) => `${key} = ${JSON.stringify(valueOf(key, i))}`));
  const told = D.systemKeys.filter((key) => !D.arrayKeys.includes(key) && (key === "clock_mhz" || valueOf(key, i) !== D.systemDefaults[key]));
  return ["# A design with", ...told.map((key) => `# ${key} = ${JSON.stringify(valueOf(key, i))}`), ...lines, "", "[pipeline]", ...nested, "", "[target]", `clock_mhz = ${valueOf("clock_mhz", i)}`, ""].join("\n");
}

/** Whether the text is on the clipboard; older ways are tried where pages from files may not use the new one. */
async function copied(text) {
  try { await navigator.clipboard.writeText(text); return true; } catch { /* the older way follows */ }
  const area = element("textarea", document.body, text);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

async function copyToml(i, from) {
  const before = from.textContent;
  if (await copied(toml(i))) {
    from.textContent = "Copied";
    setTimeout(() => { from.textContent = before; }, 1500);
  } else {
    choose(i, true);
    getSelection().selectAllChildren($("design").querySelector("pre"));
  }
}

/** Figures that are worth a line before anyone asks for all. */
const upFront = ["clock_mhz", "request_seconds", "utilisation", "bits_per_weight", "dram_mb_per_token", D.efficiency];

function choose(i, scroll) {
  const panel = $("design");
  panel.hidden = false;
  panel.replaceChildren();
  const spoken = spokenOf(i), title = element("h3", panel, `Design ${designs.id[i]}${spoken ? ": " + spoken : ""} `);
  const keep = button(title, pinned(i) ? "Unpin" : "Pin", () => { pin(i); keep.textContent = pinned(i) ? "Unpin" : "Pin"; }, "no-print");
  element("p", panel, designs.phrase[i], "name");
  const figures = element("div", panel), first = element("dl", figures), more = element("details", figures);
  element("summary", more, "All figures");
  const rest = element("dl", more);
  for (const name of Object.keys(D.labels)) {
    const part = Object.values(D.partFigures).includes(name);
    if (part && !designs[name][i]) continue;
    const list = part || name in D.objectives || upFront.includes(name) ? first : rest;
    element("dt", list, D.labels[name].replace(/ \(.*\)$/, ""));
    element("dd", list, withUnit(name, designs[name][i]));
  }
  const side = element("div", panel);
  element("pre", side, toml(i));
  const copy = button(side, "Copy TOML", () => copyToml(i, copy));
  element("p", side, "Show only designs with", "caption no-print");
  const chips = element("p", side, undefined, "chips no-print");
  for (const key of D.varied) if (valueOf(key, i) !== null) button(chips, `${key} = ${valueOf(key, i)}`, () => toggle([key], [valueOf(key, i)]));
  document.querySelectorAll("tr.chosen").forEach((row) => row.classList.remove("chosen"));
  const row = document.querySelector(`#designs tr[data-i="${i}"]`);
  if (row) row.classList.add("chosen");
  if (scroll) panel.scrollIntoView({ behavior: "smooth", block: "nearest" });
}
