// All panels of a bench. A person who is chosen or pointed at lights up in every one of them at
// once; what is chosen, and not dragged, glides to its new place.
function makePictures(hint, onChoose, onPoint) {
  const GLIDE = 450; // ms
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let panels = [];
  let [codes, target, glide] = [[], [], null]; // what is drawn, where it is going, and how
  let [chosen, hot, lit, description] = ["", "", "", ""];

  // Panels whose marks are the same as before stay, and what is the same in the others keeps its
  // place, so that it can glide from there.
  function build(structure) {
    const before = panels;
    const kept = [];
    let at = 0;
    const known = before.map(({ spec, size }) => {
      const part = Array.from(codes).slice(at, at + size);
      at += size;
      return { spec, part };
    });
    panels = structure.map((spec, i) => {
      kept.push(...carried(known[i], spec));
      const old = before[i];
      if (old && JSON.stringify(old.spec.marks) === JSON.stringify(spec.marks)) {
        old.entitle(spec);
        return old;
      }
      const panel = makePanel(spec);
      if (panel.people.length) listen(panel);
      if (old) {
        const focused = old.plot === document.activeElement;
        old.node.replaceWith(panel.node);
        if (focused) panel.plot.focus();
      }
      return panel;
    });
    for (const { node } of before.slice(panels.length)) node.remove();
    [codes, glide, lit] = [kept, null, ""];
    describe(description);
  }

  function describe(text) {
    description = text;
    for (const { plot, spec } of panels) {
      plot.setAttribute("aria-label", [`${spec.title}.`, text].filter(Boolean).join(" "));
    }
  }

  // Take new codes from a buffer; `step` draws them.
  function aim(view, now, glides) {
    const { buffer, byteOffset, byteLength } = view;
    target = new Uint16Array(buffer.slice(byteOffset, byteOffset + byteLength)); // the offset may be odd
    const same = target.length === codes.length;
    glide = glides && same && !still.matches ? { from: Float32Array.from(codes), since: now } : null;
  }

  // Draw what is due now; true while something still glides.
  function step(now) {
    if (!glide) codes = target;
    else {
      const share = Math.min(1, Math.max(0, (now - glide.since) / GLIDE));
      const eased = share * share * (3 - 2 * share);
      codes = Float32Array.from(target, (to, i) => {
        const from = glide.from[i];
        return to === NOT_THERE || from === NOT_THERE ? to : from + eased * (to - from);
      });
      if (share === 1) glide = null;
    }
    draw();
    return Boolean(glide);
  }

  function draw() {
    if (codes.length !== panels.reduce((sum, { size }) => sum + size, 0)) return;
    let at = 0;
    for (const panel of panels) {
      panel.draw(codes, at);
      at += panel.size;
    }
  }

  function light(newChosen = chosen, newHot = hot) {
    [chosen, hot] = [newChosen, newHot];
    const now = JSON.stringify([chosen, hot]);
    if (now === lit) return;
    lit = now;
    for (const panel of panels) panel.light(chosen, hot);
  }

  function listen({ node, plot, walk, whoIsAt }) {
    const tag = html("span", { class: "lmm-name", "aria-hidden": "true" });
    node.append(tag);
    plot.setAttribute("aria-describedby", hint);
    plot.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch") return;
      const who = whoIsAt(event.clientX, event.clientY, 14);
      const corner = node.getBoundingClientRect();
      const [x, y] = [event.clientX - corner.left + 12, event.clientY - corner.top - 22];
      tag.textContent = who;
      tag.style.transform = `translate(${x}px, ${y}px)`;
      plot.style.cursor = who ? "pointer" : "";
      if (who !== hot) onPoint(who);
      light(chosen, who);
    });
    plot.addEventListener("pointerleave", () => {
      tag.textContent = "";
      onPoint("");
      light(chosen, "");
    });
    plot.addEventListener("click", (event) => {
      const who = hot || whoIsAt(event.clientX, event.clientY, 24);
      if (who) onChoose(who);
    });
    plot.addEventListener("keydown", (event) => {
      const who = walk(chosen, event.key);
      if (who === null) return;
      event.preventDefault();
      onChoose(who);
    });
  }

  return {
    build, describe, aim, step, draw, light,
    all: () => panels,
    setAxes: (axes) => panels.forEach((panel, i) => panel.setAxes(axes[i])),
    setLabels(texts) {
      const left = [...texts];
      for (const panel of panels) panel.setLabels(left);
    },
  };
}

// Where the numbers of each mark begin in its panel's part of the buffer: all x, all y, all cells.
function beginnings({ marks }) {
  const all = marks.map(() => []);
  let at = 0;
  for (const which of [0, 1, 2]) {
    marks.forEach(({ n }, i) => {
      all[i].push(at);
      at += n[which];
    });
  }
  return all;
}

// The codes of a new panel as far as an old one had the same marks.
function carried(old, spec) {
  const codes = new Array(spec.marks.reduce((sum, { n }) => sum + n[0] + n[1] + n[2], 0)).fill(NOT_THERE);
  if (!old || !old.part.length) return codes;
  const [from, to] = [beginnings(old.spec), beginnings(spec)];
  const known = old.spec.marks.map((mark) => JSON.stringify(mark));
  spec.marks.forEach((mark, i) => {
    const j = known.indexOf(JSON.stringify(mark));
    if (j < 0) return;
    known[j] = null; // each serves once
    mark.n.forEach((n, which) => {
      for (let m = 0; m < n; m++) codes[to[i][which] + m] = old.part[from[j][which] + m];
    });
  });
  return codes;
}
