// The spec's expressions over keys and metrics, and short forms of them: `fetch=tree group_size=2|3 area_um2<=5_000`.
// Clauses side by side hold together. What is wrong is an Error whose message says what would be right.

const lexeme = /\s*(?:(\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([\p{L}_][\p{L}\d_.]*)|("[^"]*"|'[^']*')|(\*\*|\/\/|<=|>=|==|!=|[-+*/%<>=|()[\],]))/uy;
const functions = { abs: [1, Math.abs], ceil: [1, Math.ceil], floor: [1, Math.floor], log2: [1, Math.log2], sqrt: [1, Math.sqrt], min: [2, Math.min], max: [2, Math.max] };
const arithmetic = {
  "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b, "//": (a, b) => Math.floor(a / b),
  "%": (a, b) => a - b * Math.floor(a / b), "**": (a, b) => a ** b,
};
const equal = (a, b) => a === b || (a !== null && b !== null && String(a).toLowerCase() === String(b).toLowerCase());
const comparisons = {
  "<": (a, b) => a < b, ">": (a, b) => a > b, "<=": (a, b) => a <= b, ">=": (a, b) => a >= b,
  "==": equal, "!=": (a, b) => !equal(a, b), in: (a, list) => list.some((b) => equal(a, b)), "not in": (a, list) => !list.some((b) => equal(a, b)),
};

/** The values that a key takes among the designs. */
const valuesOf = (name) => [...new Set(name in designs ? designs[name] : [D.constant[name]])].filter((value) => value !== null && value !== undefined);

/** The name that `text` stands for, or nothing. */
function known(text) {
  if (text in designs || text in D.constant) return text;
  return D.symbols[text] in designs || D.symbols[text] in D.constant ? D.symbols[text] : undefined;
}

/** How many letters have to be changed to make one text of the other. */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, k) => k);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let k = 1; k <= b.length; k++) next.push(Math.min(next[k - 1] + 1, row[k] + 1, row[k - 1] + (a[i - 1] !== b[k - 1])));
    row = next;
  }
  return row[b.length];
}

function nearest(text, choice) {
  const near = [...choice].sort((a, b) => distance(text, a) - distance(text, b))[0];
  return near !== undefined && distance(text, near) <= Math.max(2, text.length / 3) ? `, did you mean ${near}?` : "";
}

function unknown(text) {
  const names = [...D.varied, ...Object.keys(D.labels), ...Object.keys(D.constant)];
  return new Error(`unknown name ${text}${nearest(text, names) || `: ${D.varied.join(", ")} and the figures above are known`}`);
}

function tokensOf(text) {
  const tokens = [];
  for (let at = 0; at < text.trimEnd().length; at = lexeme.lastIndex) {
    lexeme.lastIndex = at;
    const [whole, digits, name, quoted, sign] = lexeme.exec(text) || [];
    if (whole === undefined) throw new Error(`${text.slice(at).trim()} cannot be read`);
    const end = lexeme.lastIndex, start = end - whole.trimStart().length;
    tokens.push({ start, end, number: digits && Number(digits.replace(/_/g, "")), name, quoted: quoted && quoted.slice(1, -1), sign: sign || (/^(and|or|not|in)$/.test(name) ? name : undefined) });
  }
  return tokens;
}

/** The clauses of `text`, each with its own text, whether a design passes, and `key`, `operator`, `values` of simple ones. */
function clausesOf(text) {
  const tokens = tokensOf(text);
  let at = 0;
  const next = (...signs) => (at < tokens.length && signs.includes(tokens[at].sign) ? tokens[at++].sign : undefined);
  const expect = (sign) => { if (!next(sign)) throw new Error(`${sign} is expected ${at < tokens.length ? "before " + text.slice(tokens[at].start) : "at the end"}`); };
  const constant = (value) => ({ of: () => value, value });

  function atom() {
    const token = tokens[at];
    if (!token) throw new Error("something is missing at the end");
    if (next("(")) { const inner = either(); expect(")"); return { of: inner.of }; }
    if (next("[")) {
      const parts = [];
      while (!next("]")) { parts.push(asText(sum())); if (!next(",")) { expect("]"); break; } }
      return { of: (i) => parts.map((part) => part.of(i)), list: true };
    }
    if (token.sign) throw new Error(`${token.sign} is not expected before ${text.slice(token.end).trim() || "the end"}`);
    at++;
    if (token.number !== undefined) return constant(token.number);
    if (token.quoted !== undefined) return constant(token.quoted);
    if (token.name in functions && tokens[at] && tokens[at].sign === "(") {
      const [count, action] = functions[token.name], given = [];
      next("(");
      while (!next(")")) { given.push(numeric(sum())); if (!next(",")) { expect(")"); break; } }
      if (given.length !== count) throw new Error(`${token.name} takes ${count} argument${count > 1 ? "s" : ""}`);
      return { of: (i) => action(...given.map((part) => part.of(i))) };
    }
    if (/^(true|false)$/i.test(token.name)) return constant(token.name.toLowerCase() === "true");
    const name = known(token.name);
    return name ? { of: (i) => valueOf(name, i), name } : { of: () => { throw unknown(token.name); }, word: token.name };
  }
  const asText = (part) => (part.word === undefined ? part : constant(part.word));
  const numeric = (part) => { if (part.word !== undefined) throw unknown(part.word); return part; };
  const binary = (a, sign, b) => { numeric(a); numeric(b); return { of: (i) => arithmetic[sign](a.of(i), b.of(i)) }; };
  function power() { const base = atom(); return next("**") ? binary(base, "**", unary()) : base; }
  function unary() {
    if (next("-")) { const part = numeric(unary()); return { of: (i) => -part.of(i), value: part.value === undefined ? undefined : -part.value }; }
    return next("+") ? numeric(unary()) : power();
  }
  function product() { let part = unary(); for (let sign; (sign = next("*", "/", "//", "%"));) part = binary(part, sign, unary()); return part; }
  function sum() { let part = product(); for (let sign; (sign = next("+", "-"));) part = binary(part, sign, product()); return part; }

  /** A value of `key` that is a word: one that a design has, or the user is told which there are. */
  function checked(key, part) {
    if (key === undefined || part.value === undefined) return part;
    const choice = valuesOf(key).map(String);
    if (typeof part.value === "string" && !choice.some((value) => equal(value, part.value))) throw new Error(`no design has ${key} = ${part.value}${nearest(part.value, choice) || `: ${choice.slice(0, 8).join(", ")} are its values`}`);
    return part;
  }
  function comparison() {
    let left = sum();
    const tests = [], first = left;
    let simple;
    for (;;) {
      let sign = next("=", "==", "!=", "<", ">", "<=", ">=", "in", "not");
      if (!sign) break;
      if (sign === "not") { expect("in"); sign = "not in"; }
      const any = sign === "=" || sign === "==";
      const right = sum();
      if (sign.endsWith("in") && !right.list) throw new Error("in takes a list, [1, 2]");
      const choice = [right];
      while (any && next("|")) choice.push(sum());
      const lettered = any || sign === "!=";
      if (!lettered) { numeric(left); numeric(right); }
      if (left.word !== undefined && choice.every((part) => part.name === undefined)) throw unknown(left.word);
      const a = asText(left), options = choice.map((part) => checked(lettered ? left.name : undefined, asText(part)));
      options.forEach((part) => part.name && checked(part.name, a));
      if (any) tests.push((i) => options.some((b) => equal(a.of(i), b.of(i))));
      else tests.push((i) => { const p = a.of(i), q = options[0].of(i); return p !== null && q !== null && comparisons[sign](p, q); });
      simple = { operator: any ? "=" : sign, values: options.map((part) => part.value) };
      left = right;
    }
    if (!tests.length) {
      if (first.word === undefined) return first;
      const keys = D.varied.filter((key) => valuesOf(key).some((value) => equal(value, first.word)));
      if (!keys.length) throw unknown(first.word);
      return { of: (i) => keys.some((key) => equal(valueOf(key, i), first.word)) };
    }
    const passes = { of: (i) => tests.every((test) => test(i)) };
    return tests.length === 1 && first.name && simple.values.every((value) => value !== undefined) ? { ...passes, key: first.name, ...simple } : passes;
  }
  function negation() { if (!next("not")) return comparison(); const part = numeric(negation()); return { of: (i) => !part.of(i) }; }
  function both() { let part = negation(); while (next("and")) { const a = part, b = negation(); part = { of: (i) => a.of(i) && b.of(i) }; } return part; }
  function either() { let part = both(); while (next("or")) { const a = part, b = both(); part = { of: (i) => a.of(i) || b.of(i) }; } return part; }

  const clauses = [];
  while (at < tokens.length) {
    const start = tokens[at].start;
    // At the top level `and` parts clauses, unless an `or` beside it needs both.
    const back = at;
    let part = negation();
    if (at < tokens.length && ["and", "or"].includes(tokens[at].sign)) {
      let depth = 0;
      const or = tokens.slice(at).some((token) => { depth += token.sign === "(" ? 1 : token.sign === ")" ? -1 : 0; return !depth && token.sign === "or"; });
      if (or) { at = back; part = either(); }
    }
    clauses.push({ text: text.slice(start, tokens[at - 1].end), passes: part.of, key: part.key, operator: part.operator, values: part.values });
    next("and");
  }
  return clauses;
}

/** A value as it stands in the text of a filter. */
const written = (value) => (/^[\p{L}\d_.]+$/u.test(String(value)) ? String(value) : JSON.stringify(String(value)));
