// The recommended design, and what it is held against: the sweep's, or by the same rule that of the designs that pass the filter.

let best = D.best, equals = D.equals;

const costOf = (name, i) => (D.objectives[name] === "min" ? designs[name][i] : -designs[name][i]);
const within = (name, i) => (D.objectives[name] === "min" ? designs[name][i] <= D.budget[name] : designs[name][i] >= D.budget[name]);
const affordable = (indices) => indices.filter((i) => Object.keys(D.budget).every((name) => within(name, i)));

/** The one of `indices` that is first by what `costs` gives for it, one figure after the other. */
function least(indices, costs) {
  let first = null, lowest = null;
  for (const i of indices) {
    const own = costs(i);
    const place = lowest ? own.findIndex((cost, k) => cost !== lowest[k]) : 0;
    if (!lowest || (place >= 0 && own[place] < lowest[place])) [first, lowest] = [i, own];
  }
  return first;
}

const inOrder = (...names) => [...new Set([...names, D.price, D.merit, ...Object.keys(D.objectives)])];
const costsFrom = (name) => { const names = inOrder(name); return (i) => names.map((each) => costOf(each, i)); };

/** How far a design is from the best of the front in its worst trade-off, and in all. */
function imbalance(i) {
  const places = Object.entries(D.scales).map(([name, [low, high, sign]]) => {
    const cost = costOf(name, i);
    return ((sign ? sign * Math.log(Math.max(0, sign * cost)) : cost) - low) / (high > low ? high - low : 1);
  });
  return [Math.max(...places), places.reduce((a, b) => a + b)];
}

function bestOf(indices) {
  if (D.single) return least(indices, costsFrom(D.merit));
  if (D.recommend === "cheapest") return least(indices, costsFrom(D.price));
  if (D.recommend === "knee") return least(indices, (i) => [...imbalance(i), ...costsFrom(D.price)(i)]);
  const top = Math.min(...indices.map((i) => costOf(D.merit, i)));
  const near = indices.filter((i) => costOf(D.merit, i) <= top + D.nearly * Math.abs(top));
  return least(near, (i) => [costOf(D.price, i), ...costsFrom(D.merit)(i)]);
}

/** Of each other kind the cheapest that is as good as `best` and at least as exact; of one objective the best. */
function equalsOf(indices) {
  return D.kindNames.map((name, kind) => {
    if (kind === kindOf(best)) return null;
    const compared = [...D.errors, ...(D.single || D.byLimits ? [] : [D.merit])];
    const good = (D.byLimits ? affordable(indices) : indices).filter((i) => kindOf(i) === kind && compared.every((name) => costOf(name, i) <= costOf(name, best)));
    const found = least(D.single ? affordable(good) : good, costsFrom(D.price));
    return found === null ? null : [name, found];
  }).filter(Boolean);
}

/** Recommends anew among the designs that pass the filter, and says which. */
function recommend() {
  const filtered = clauses.length > 0, line = $("recommended");
  if (filtered) {
    best = bestOf(affordable(matching()));
    equals = best === null ? [] : equalsOf(matching());
  } else [best, equals] = [D.best, D.equals];
  line.replaceChildren();
  line.hidden = !filtered;
  $("why").hidden = filtered;
  if (!filtered) return;
  if (best === null) {
    line.textContent = matching().length ? "None of these designs stays within the budget." : "No design that is shown here passes the filter.";
    return;
  }
  line.append("Of these the same rule recommends ");
  const i = best;
  button(line, designs.phrase[i], () => choose(i, true), "link");
  const tie = equals.find(([, other]) => tied(other));
  line.append(`: ${inOrder(D.merit).map((name) => withUnit(name, designs[name][i])).join(", ")}.${tie ? ` The model does not tell it apart from ${tie[0]}.` : ""}`);
}

/** Whether the model tells the recommended design's price from that of another. */
function tied(i) {
  const a = designs[D.price][best], b = designs[D.price][i];
  return a !== b && Math.abs(a - b) < D.uncertainties[D.price] * Math.min(Math.abs(a), Math.abs(b));
}
