// Which designs are shown: one text, `key=value key=a|b figure<=limit`, that every part of the page reads and writes.

const operators = /^([^<>=\s]+?)(<=|>=|=|<|>)(.+)$/;
const listeners = [];
let words = [];
let matches = null;

function test(word) {
  const [, key, operator, value] = word.match(operators) || [null, null, null, word];
  if (!key) return (i) => D.varied.some((name) => String(valueOf(name, i)) === value);
  if (operator === "=") {
    const allowed = value.split("|");
    return (i) => allowed.includes(String(valueOf(key, i)));
  }
  const limit = Number(value);
  return { "<": (i) => valueOf(key, i) < limit, ">": (i) => valueOf(key, i) > limit, "<=": (i) => valueOf(key, i) <= limit, ">=": (i) => valueOf(key, i) >= limit }[operator];
}

/** The designs that pass every word, in their order. */
function matching() {
  if (!matches) {
    const tests = words.map(test);
    const which = $("which").value;
    matches = [];
    for (let i = 0; i < size; i++) if ((which === "all" || designs.front[i]) && tests.every((passes) => passes(i))) matches.push(i);
  }
  return matches;
}

/** Takes other words; `source` is the part that made them, which knows already. */
function filterBy(wanted, source) {
  words = wanted;
  matches = null;
  if (source !== "text") $("filter").value = words.join(" ");
  $("clear").hidden = !words.length;
  $("count").textContent = `${number(matching().length)} of ${number(size)} designs`;
  for (const listener of listeners) listener(source);
}

const keyOf = (word) => (word.match(operators) || [])[1];
const without = (key) => words.filter((word) => keyOf(word) !== key);

/** Shows only designs with this value of `key`, or all again where it was the only one. */
function toggle(key, value) {
  const word = `${key}=${value}`;
  filterBy(words.includes(word) ? without(key) : [...without(key), word]);
}
