// All panels of a bench. A person who is chosen or pointed at lights up in every one of them at
// once; what is chosen, and not dragged, glides to its new place.
function makePictures(hint, onChoose) {
  const GLIDE = 450; // ms
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let panels = [];
  let [codes, target, glide] = [[], [], null]; // what is drawn, where it is going, and how
  let [chosen, hot, lit, description] = ["", "", "", ""];

  function build(structure) {
    for (const { node } of panels) node.remove();
    panels = structure.map(makePanel);
    for (const panel of panels) if (panel.people.length) listen(panel);
    [codes, glide, lit] = [[], null, ""];
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

  function listen({ node, plot, people, whoIsAt }) {
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
      light(chosen, who);
    });
    plot.addEventListener("pointerleave", () => {
      tag.textContent = "";
      light(chosen, "");
    });
    plot.addEventListener("click", (event) => {
      const who = hot || whoIsAt(event.clientX, event.clientY, 24);
      if (who) onChoose(who);
    });
    plot.addEventListener("keydown", (event) => {
      const at = people.indexOf(chosen);
      const to = {
        ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1,
        Home: 0, End: people.length - 1,
      }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      onChoose(people[(to + people.length) % people.length]);
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
