// One panel as SVG: axes, marks, and the people in them. Elements are made once for a structure and
// moved afterwards; places come as 16-bit codes (see pack.py). Everything is drawn in CSS pixels of
// the place at hand, so that text keeps its size and lines stay crisp at any width and pixel ratio.

const SCALE = 13100;
const START = 2 * SCALE;
const NOT_THERE = 65535;

function makePanel(spec) {
  const id = fresh("clip");
  const clip = svg("rect");
  const grid = svg("g", { class: "lmm-grid" });
  const ticks = svg("g", { class: "lmm-ticks" });
  const [title, upright, across] = [html("h3"), html("span"), html("p", { class: "lmm-caption" })];
  const below = svg("g");
  const halos = svg("g", { class: "lmm-halos" }); // clear the ground under labels, but never hide the chosen person
  const lit = svg("g"); // whoever is chosen or pointed at, above the others
  const above = svg("g"); // what belongs to the chosen person anyway
  const writing = svg("g");
  const plot = svg("svg", { role: "img" },
    svg("defs", {}, svg("clipPath", { id }, clip)),
    grid, ticks,
    svg("g", { "clip-path": `url(#${id})` }, below, halos, lit, above),
    writing,
  );
  const marks = spec.marks.map(makeMark);
  const people = [...new Set(marks.flatMap((mark) => mark.ids))];
  const node = html("figure", { class: "lmm-panel lmm-card" },
    html("figcaption", {}, title, upright),
    plot, across,
  );
  if (people.length) dress(plot, { tabindex: 0, ...OWN_KEYS }, []);
  let [width, height, axes] = [0, 0, null];
  let lights = { chosen: "", hot: "" };
  let frame = { left: 0, top: 0, width: 0, height: 0 };

  function makeMark(told, number) {
    const layer = told.kind === "Label" ? writing : told.role === "person" ? above : below;
    const home = svg("g");
    layer.append(home);
    const flags = ["bold", "dashed", "arrow"].filter((flag) => told[flag]);
    const look = [`lmm-${told.kind.toLowerCase()}`, roleClass(told.role)];
    const ids = told.ids ?? [];
    const things = Array.from({ length: told.k }, (_, i) =>
      svg(SHAPES[told.kind].tag, {
        class: [...look, ...flags.map((flag) => `lmm-${flag}`)].join(" "),
        "text-anchor": told.anchor,
        "data-mark": number,
        "data-id": ids[i],
      }),
    );
    home.append(...things);
    const halo = told.kind === "Label" ? svg("text", { "text-anchor": told.anchor }) : null;
    if (halo) halos.append(halo);
    const [X, Y, V] = told.n.map((n) => new Float64Array(n));
    // Cells stay where they are, for their neighbours would cover half of a stroke.
    const rings = told.kind === "Heatmap" && ids.length
      ? ["lmm-hot", "lmm-chosen"].map((on) => svg("path", { class: `lmm-ring ${on}` }))
      : [];
    lit.append(...rings);
    return { ...told, ids, home, things, halo, rings, X, Y, V };
  }

  const ring = (mark) => {
    const [hotRing, chosenRing] = mark.rings;
    if (!chosenRing) return;
    chosenRing.setAttribute("d", outline(mark, lights.chosen));
    hotRing.setAttribute("d", lights.hot === lights.chosen ? "" : outline(mark, lights.hot));
  };

  // Margins follow the tick labels; ticks that would touch each other are thinned out.
  function place(newWidth, newHeight) {
    [width, height] = [newWidth, newHeight];
    plot.setAttribute("width", width);
    plot.setAttribute("height", height);
    if (!axes || !width) return;
    const [ax, ay] = axes;
    const longest = (axis) => Math.max(0, ...axis.ticks.map(([, text]) => text.length)) * 6.8;
    const left = ay.ticks.length ? longest(ay) + 14 : 10;
    const right = Math.max(12, longest(ax) / 2 + 4);
    frame = { left, top: 8, width: width - left - right, height: height - 8 - 26 };
    for (const [name, value] of Object.entries({
      x: frame.left - 7, y: frame.top - 7, width: frame.width + 14, height: frame.height + 14,
    })) clip.setAttribute(name, Math.max(0, value));
    const spread = (axis, length) =>
      axis.ticks.length > 1 ? ((axis.ticks[1][0] - axis.ticks[0][0]) / SCALE) * length : Infinity;
    const every = (axis, length, room) => Math.ceil(room / spread(axis, length)) || 1;
    const [skipX, skipY] = [every(ax, frame.width, longest(ax) + 10), every(ay, frame.height, 20)];
    const foot = frame.top + frame.height;
    const lines = [];
    const texts = [];
    ax.ticks.forEach(([code, text], i) => {
      const x = round(toX(code));
      lines.push(svg("path", { d: `M${x} ${frame.top}V${foot}` }));
      if (i % skipX === 0) texts.push(svg("text", { x, y: foot + 18, "text-anchor": "middle" }, text));
    });
    ay.ticks.forEach(([code, text], i) => {
      const y = round(toY(code));
      lines.push(svg("path", { d: `M${left} ${y}H${left + frame.width}` }));
      if (i % skipY === 0) texts.push(svg("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, text));
    });
    grid.replaceChildren(...lines);
    ticks.replaceChildren(...texts);
    across.style.padding = `0 ${right}px 0 ${left}px`;
  }

  const toX = (code) => frame.left + ((code - START) / SCALE) * frame.width;
  const toY = (code) => frame.top + frame.height - ((code - START) / SCALE) * frame.height;

  const panel = {
    node, plot, people,
    size: marks.reduce((sum, { n }) => sum + n[0] + n[1] + n[2], 0),
    place,
    entitle(given) {
      panel.spec = given;
      [title.textContent, upright.textContent, across.textContent] = [given.title, given.y, given.x];
    },
    setAxes(given) {
      axes = given;
      place(width, height);
    },
    setLabels(texts) {
      for (const { halo, things } of marks) {
        if (halo) halo.textContent = things[0].textContent = texts.shift();
      }
    },
    // Move everything to the codes from number `at` on.
    draw(codes, at) {
      const fill = (target, change) => {
        for (let i = 0; i < target.length; i++, at++) {
          target[i] = codes[at] === NOT_THERE ? NaN : change(codes[at]);
        }
      };
      for (const { X } of marks) fill(X, toX);
      for (const { Y } of marks) fill(Y, toY);
      for (const { V } of marks) fill(V, (code) => (code - START) / SCALE);
      if (!width) return;
      const taken = []; // places of labels
      for (const mark of marks) {
        const where = { ...mark, width, height, taken };
        const { set } = SHAPES[mark.kind];
        mark.things.forEach((thing, i) => set(thing, i, where));
        ring(mark);
      }
    },
    // Light up a chosen person, and the one who is pointed at.
    light(chosen, hot) {
      lights = { chosen, hot };
      for (const mark of marks) {
        const { ids, things, home, rings } = mark;
        ring(mark);
        ids.forEach((who, i) => {
          const on = who === chosen || who === hot;
          things[i].classList.toggle("lmm-chosen", who === chosen);
          things[i].classList.toggle("lmm-hot", who === hot && who !== chosen);
          if (rings.length) return;
          if (on) lit.append(things[i]);
          else if (things[i].parentNode !== home) home.append(things[i]);
        });
      }
    },
    // Whom does this key lead to from the one who is chosen?
    walk(chosen, key) {
      const at = people.indexOf(chosen);
      const map = marks.find(({ rings, ids }) => rings.length && ids.includes(chosen));
      const to = {
        ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1,
        Home: 0, End: people.length - 1,
      }[key];
      if (to === undefined) return null;
      const beside = map && key.startsWith("Arrow") ? nextCell(map, chosen, key) : null;
      return beside ?? people[(to + people.length) % people.length];
    },
    // Who is at this place of the window, if anybody is within reach?
    whoIsAt(clientX, clientY, reach) {
      const corner = plot.getBoundingClientRect();
      const [x, y] = [clientX - corner.left, clientY - corner.top];
      let [best, who] = [reach, ""];
      for (const mark of marks) {
        mark.ids.forEach((id, i) => {
          const far = SHAPES[mark.kind].far(i, mark, x, y);
          if (far < best) [best, who] = [far, id];
        });
      }
      return who;
    },
  };
  panel.entitle(spec);
  return panel;
}
