// Which designs are shown: one text of clauses that every part of the page reads and writes.

const listeners = [];
let clauses = [];
let matches = null;

/** The designs that pass every clause, in their order. */
function matching() {
  if (!matches) {
    const which = $("which").value;
    matches = [];
    for (let i = 0; i < size; i++) if ((which === "all" || designs.front[i]) && clauses.every(({ passes }) => passes(i))) matches.push(i);
  }
  return matches;
}

/** Takes other clauses, given as texts; `source` is the part that made them, which knows already. What cannot be read is answered, and changes nothing. */
function filterBy(texts, source) {
  const answer = $("answer"), field = $("filter");
  let wanted;
  try {
    wanted = clausesOf(texts.join(" "));
    if (size) wanted.forEach(({ passes }) => passes(0));
  } catch (error) {
    answer.textContent = error.message;
    field.setAttribute("aria-invalid", "true");
    return;
  }
  answer.textContent = "";
  field.removeAttribute("aria-invalid");
  clauses = wanted;
  matches = null;
  if (source !== "text") field.value = texts.join(" ");
  $("clear").hidden = !clauses.length;
  $("count").textContent = `${number(matching().length)} of ${number(size)} designs`;
  recommend();
  for (const listener of listeners) listener(source);
}

/** Shows only designs with these values of `keys`, or all again where that was so already; of what means nothing there no value is asked for. */
function toggle(keys, values) {
  const texts = keys.map((key, k) => (values[k] === null ? null : `${key}=${written(values[k])}`)).filter(Boolean);
  const others = clauses.filter((clause) => !keys.includes(clause.key)).map(({ text }) => text);
  filterBy(texts.every((text) => clauses.some((clause) => clause.text === text)) ? others : [...others, ...texts]);
}
