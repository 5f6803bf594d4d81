// Texts, controls, and drawing anew for another theme, another filter or paper.

for (const name of ["headline", "why", "searched", "assumptions", "caveats"]) for (const text of D[name]) element("p", $(name), text);
for (const card of D.cards) {
  const box = element("div", $("cards"), undefined, "card");
  element("span", box, card.label);
  element("b", box, card.value);
  element("span", box, card.note);
}
for (const [name, value] of D.provenance) { element("dt", $("provenance"), name); element("dd", $("provenance"), value); }
$("source").textContent = D.source;
$("front-caption").textContent = `${number(D.frontSize)} designs are on the front of all objectives together (strong); lines join the best of each kind in the two shown${Object.keys(D.budget).length ? ", within the limits of the others" : ""}. ${D.uncertainties[D.price] ? `The shade along a line is what the model is off by in the median (${percent(D.uncertainties[D.price])} of the ${D.labels[D.price].replace(/ \(.*/, "").toLowerCase()}); designs in the upright strip are not told apart from the recommended one. ` : ""}Hover for the configuration, click for the whole design, click in the legend to show one kind alone.`;
$("choices-caption").textContent = D.best === null ? "" : `The least ${D.labels[D.price].replace(/ \(.*/, "").toLowerCase()} (${D.units[D.price]}) of a design of the same kind (${D.kindNames[kindOf(D.best)]}), ${D.alike}${D.byLimits ? "" : " as the recommended one"}, for each value of a parameter, everything else chosen anew.${D.complete ? "" : " Read off a sample of the space."}`;

$("filter").placeholder = example();

const option = (select, value, text) => { element("option", select, text || value).value = value; };
for (const name of Object.keys(D.labels)) { option($("x"), name, D.labels[name]); option($("y"), name, D.labels[name]); }
for (const key of new Set(["kind", ...D.varied.filter((k) => new Set(designs[k]).size <= 8 && String(k) !== String(D.compare))])) option($("colour"), key, key === "kind" ? D.compare.join(", ") : key);
option($("which"), "all", "the front of each kind");
option($("which"), "front", "the front of all");
$("x").value = D.price; $("y").value = D.single ? (D.price === "tokens_per_second" ? D.cost.key : "tokens_per_second") : D.merit; $("colour").value = "kind";

function draw() { drawJumps(); drawLimits(); drawFront(); drawPins(); drawMemories(); drawInfluence(); drawGroupSize(); drawBreakdown(); drawAlongFront(); drawRequest(); drawFormats(); drawChoices(); coordinatesChanged(); drawLayers(); drawDesigns(); }
function theme(dark) { document.documentElement.classList.toggle("dark", dark); draw(); }

for (const id of ["x", "y", "colour"]) $(id).onchange = () => { drawLimits(); drawFront(); };
$("all-figures").onclick = () => { everything = !everything; drawPins(); };
$("memory").oninput = () => { $("memory").dataset.moved = ""; drawMemories(); };
$("influence-caption").textContent = D.influenceText;
let typing = 0;
$("filter").oninput = () => { clearTimeout(typing); typing = setTimeout(() => filterBy([$("filter").value], "text"), 150); };
$("which").onchange = () => filterBy(clauses.map(({ text }) => text));
$("clear").onclick = () => filterBy([]);
$("more").onclick = () => { limit += 100; drawDesigns(); };
$("copy-source").onclick = async () => { $("copy-source").textContent = (await copied(D.source)) ? "Copied" : "Select it above"; };
listeners.push((source) => {
  limit = 25;
  drawLimits(); drawFront(); drawBreakdown(); drawDesigns();
  if (source !== "coordinates") coordinatesChanged();
});

/** A filter that this report can answer: a value of a key, and a limit of the price. */
function example() {
  const limits = D.front.map((i) => designs[D.price][i]).sort((a, b) => a - b), middle = limits[Math.floor(limits.length / 2)];
  const keys = [...D.compare, ...D.varied].filter((key, k, all) => D.varied.includes(key) && all.indexOf(key) === k && designs[key][D.front[0]] !== null).slice(0, 2);
  return [...keys.map((key) => `${key}=${written(designs[key][D.front[0]])}`), `${D.price}<=${Number(Number(middle).toPrecision(2))}`].join(" ");
}

/** Links to the sections, for a screen on which they are far apart. */
function drawJumps() {
  $("jump").replaceChildren();
  for (const section of document.querySelectorAll("main > section")) {
    if (section.hidden) continue;
    if (!section.id) section.id = `${section.dataset.jump.toLowerCase()}-section`;
    element("a", $("jump"), section.dataset.jump).href = `#${section.id}`;
  }
}

const preference = matchMedia("(prefers-color-scheme: dark)");
theme(preference.matches);
filterBy([]);
drawJumps();
preference.onchange = () => theme(preference.matches);
$("theme").onclick = () => theme(!document.documentElement.classList.contains("dark"));
let wasDark = false;
addEventListener("beforeprint", () => { wasDark = document.documentElement.classList.contains("dark"); if (wasDark) theme(false); refreshCoordinates(); });
addEventListener("afterprint", () => { if (wasDark) theme(true); });
listenToFront();
watchCoordinates();
if (D.best !== null) choose(D.best, false);
document.documentElement.dataset.drawn = "";
