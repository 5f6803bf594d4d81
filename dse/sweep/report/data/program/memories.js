// The answer behind memories of other bandwidths, each judged with the whole space, and a slider over them.

function drawMemories() {
  if (!D.memories.length) { $("memories-section").hidden = true; return; }
  const slider = $("memory");
  slider.max = D.memories.length - 1;
  if (!("moved" in slider.dataset)) slider.value = D.memories.findIndex(({ here }) => here);
  const names = D.kinds.map((_, kind) => kind).filter((kind) => D.memories.some(({ designs: found }) => found.some((one) => one.kind === kind)));
  const traces = names.map((kind) => {
    const found = D.memories.map((memory) => ({ memory, one: memory.designs.find((each) => each.kind === kind) })).filter(({ one }) => one);
    return {
      type: "scatter", mode: "lines+markers", name: D.kindNames[kind], x: found.map(({ memory }) => memory.gigabytes), y: found.map(({ one }) => one.figures[D.shownAim]),
      line: { color: colourOf(kind), width: 2 }, marker: { opacity: 1, size: found.map(({ memory }) => (memory === D.memories[slider.value] ? 12 : 7)), symbol: found.map(({ one }) => (one.recommended ? "star" : "circle")) },
      text: found.map(({ memory, one }) => `<b>${number(memory.gigabytes)} GB/s, ${D.kindNames[kind]}</b><br>${wrapped(one.phrase, 44)}<br>${figuresOf(one)}`), hovertemplate: "%{text}<extra></extra>",
    };
  });
  const chosen = D.memories[slider.value], widths = D.memories.map(({ gigabytes }) => gigabytes);
  Plotly.react("memories", traces, layout({
    xaxis: { type: "log", title: { text: "Memory bandwidth (GB/s)" }, tickvals: widths, ticktext: widths.map(number), range: [Math.log10(widths[0]) - 0.1, Math.log10(widths[widths.length - 1]) + 0.1] },
    yaxis: closeAxis(D.shownAim, D.memories.flatMap(({ designs: found }) => found.map((one) => one.figures[D.shownAim]))),
    shapes: [{ type: "line", x0: chosen.gigabytes, x1: chosen.gigabytes, y0: 0, y1: 1, yref: "paper", layer: "below", line: { color: css("--accent"), width: 2 } }],
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", font: { size: narrow() ? 10 : 12 } }, margin: { l: 8, r: 8, t: 40, b: 8 }, hovermode: "closest", showlegend: names.length > 1,
  }), still);
  $("memory-value").textContent = `${number(chosen.gigabytes)} GB/s${chosen.here ? ", the spec's" : ""}`;
  const answer = $("memory-answer");
  answer.replaceChildren();
  for (const text of chosen.text) element("p", answer, text);
}

const figuresOf = (one) => Object.keys(D.objectives).map((name) => withUnit(name, one.figures[name])).join(" · ");
