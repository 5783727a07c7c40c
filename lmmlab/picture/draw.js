// Pictures as SVG. Elements are made once for a structure and moved afterwards; positions come as
// 16-bit codes (see pack.py). Everything is drawn in CSS pixels of the place at hand, so that text
// keeps its size and lines stay crisp at any width and pixel ratio. No text ever becomes markup.

const SCALE = 13100;
const START = 2 * SCALE;
const NOT_THERE = 65535;
const INDEXED = new Set(["Line", "Points", "Segments", "Bars"]);

function html(tag, attributes = {}, ...children) {
  return dress(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return dress(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function dress(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const roleClass = (role) => `lmm-role-${(role || "ink").replace(":", "-")}`;

// Text with coloured pieces: [[text, role], ...].
function colourful(spans) {
  return spans.map(([text, role]) => (role ? html("em", { class: roleClass(role) }, text) : text));
}

const round = (v) => Math.round(v * 100) / 100;

// One shape for each kind of mark: `set` moves thing number i of a mark whose places are the pixels
// X, Y (and V for cells); `far` is its distance from a point.
const SHAPES = {
  Line: {
    tag: "path",
    set(e, i, { X, Y, k }) {
      const m = X.length / k;
      e.setAttribute("d", polyline(X, Y, i * m, i * m + m));
    },
    far(i, { X, Y, k }, x, y) {
      const m = X.length / k;
      let best = Infinity;
      for (let j = i * m; j < i * m + m - 1; j++) {
        best = Math.min(best, toSegment(x, y, X[j], Y[j], X[j + 1], Y[j + 1]));
      }
      return best;
    },
  },
  Points: {
    tag: "circle",
    set(e, i, { X, Y }) {
      const there = X[i] === X[i] && Y[i] === Y[i];
      e.style.display = there ? "" : "none";
      if (there) {
        e.setAttribute("cx", round(X[i]));
        e.setAttribute("cy", round(Y[i]));
      }
    },
    // A point is easier to mean than a line: it counts as nearer than it is.
    far: (i, { X, Y }, x, y) => Math.hypot(x - X[i], y - Y[i]) - 4,
  },
  Segments: {
    tag: "path",
    set(e, i, { X, Y, k, arrow }) {
      e.setAttribute("d", segment(X[i], Y[i], X[k + i], Y[k + i], arrow));
    },
    far: (i, { X, Y, k }, x, y) => toSegment(x, y, X[i], Y[i], X[k + i], Y[k + i]) - 2,
  },
  Band: {
    tag: "path",
    set(e, _, { X, Y }) {
      e.setAttribute("d", band(X, Y));
    },
  },
  Ellipse: {
    tag: "path",
    set(e, _, { X, Y }) {
      e.setAttribute("d", ellipse(X, Y));
    },
  },
  Heatmap: {
    tag: "rect",
    set(e, i, { X, Y, V }) {
      const columns = X.length - 1;
      const [r, c] = [Math.floor(i / columns), i % columns];
      box(e, X[c], X[c + 1], Y[r], Y[r + 1]);
      e.style.display = V[i] === V[i] ? "" : "none";
      e.setAttribute("fill-opacity", Math.round(1e3 * Math.min(Math.max(V[i], 0), 1)) / 1e3 || 0);
    },
  },
  Bars: {
    tag: "rect",
    set(e, i, { X, Y, k }) {
      box(e, X[i], X[k + i], Y[i], Y[k + i]);
    },
    far(i, { X, Y, k }, x, y) {
      const outside = (v, a, b) => Math.max(Math.min(a, b) - v, v - Math.max(a, b), 0);
      return Math.hypot(outside(x, X[i], X[k + i]), outside(y, Y[i], Y[k + i]));
    },
  },
  Label: {
    tag: "text",
    set(e, _, { X, Y, width, height, anchor }) {
      const there = X[0] === X[0] && Y[0] === Y[0];
      e.style.display = there ? "" : "none";
      if (!there) return;
      // Half a letter's height is taken off so that the text is centred on its place; the width is
      // a guess, which costs no layout, and keeps the text inside the picture.
      const long = 7.2 * e.textContent.length;
      const [before, after] = { start: [0, long], middle: [long / 2, long / 2], end: [long, 0] }[anchor];
      e.setAttribute("x", round(Math.max(before + 2, Math.min(X[0], width - 2 - after))));
      e.setAttribute("y", round(Math.max(10, Math.min(Y[0], height - 6)) + 4));
    },
  },
};

function polyline(X, Y, from, to) {
  let d = "";
  let pen = "M";
  for (let i = from; i < to; i++) {
    if (X[i] !== X[i] || Y[i] !== Y[i]) pen = "M";
    else {
      d += `${pen}${round(X[i])} ${round(Y[i])}`;
      pen = "L";
    }
  }
  return d;
}

// The head is part of the path: SVG markers do not take the colour of their line everywhere.
function segment(x0, y0, x1, y1, arrow) {
  if (!Number.isFinite(x0 + y0 + x1 + y1)) return "";
  const long = Math.hypot(x1 - x0, y1 - y0);
  if (!arrow || long < 0.5) return `M${round(x0)} ${round(y0)}L${round(x1)} ${round(y1)}`;
  const head = Math.min(8, 0.7 * long);
  const [ux, uy] = [(x1 - x0) / long, (y1 - y0) / long];
  const [bx, by] = [x1 - head * ux, y1 - head * uy];
  const [sx, sy] = [0.4 * head * uy, -0.4 * head * ux];
  return (
    `M${round(x0)} ${round(y0)}L${round(bx)} ${round(by)}` +
    `M${round(x1)} ${round(y1)}L${round(bx + sx)} ${round(by + sy)}` +
    `L${round(bx - sx)} ${round(by - sy)}Z`
  );
}

function band(X, Y) {
  const m = X.length;
  const gap = (i) => X[i] !== X[i] || Y[i] !== Y[i] || Y[m + i] !== Y[m + i];
  let d = "";
  for (let i = 0; i < m; i++) {
    if (gap(i)) continue;
    let end = i;
    while (end + 1 < m && !gap(end + 1)) end++;
    d += "M";
    for (let j = i; j <= end; j++) d += `${round(X[j])} ${round(Y[j])} `;
    for (let j = end; j >= i; j--) d += `${round(X[j])} ${round(Y[m + j])} `;
    d += "Z";
    i = end;
  }
  return d;
}

// Four cubic arcs through the ends of conjugate radii: the image of a circle under any linear map,
// a singular one (a line, a point) included; off by less than 0.03 % of the radius.
function ellipse([cx, ax, bx], [cy, ay, by]) {
  if (!Number.isFinite(cx + cy + ax + ay + bx + by)) return "";
  const k = 0.5522847498;
  const at = (u, v) =>
    `${round(cx + u * (ax - cx) + v * (bx - cx))} ${round(cy + u * (ay - cy) + v * (by - cy))}`;
  return (
    `M${at(1, 0)}C${at(1, k)} ${at(k, 1)} ${at(0, 1)}C${at(-k, 1)} ${at(-1, k)} ${at(-1, 0)}` +
    `C${at(-1, -k)} ${at(-k, -1)} ${at(0, -1)}C${at(k, -1)} ${at(1, -k)} ${at(1, 0)}Z`
  );
}

function box(e, x0, x1, y0, y1) {
  const there = Number.isFinite(x0 + x1 + y0 + y1);
  e.style.display = there ? "" : "none";
  if (!there) return;
  e.setAttribute("x", round(Math.min(x0, x1)));
  e.setAttribute("y", round(Math.min(y0, y1)));
  e.setAttribute("width", round(Math.abs(x1 - x0)));
  e.setAttribute("height", round(Math.abs(y1 - y0)));
}

function toSegment(x, y, x0, y0, x1, y1) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1);
  const t = Math.max(0, Math.min(1, along));
  const far = Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
  return far === far ? far : Infinity;
}

let panels = 0;

// One panel: axes, marks, and the people in them.
function makePanel(spec) {
  const id = `lmm-clip-${Math.random().toString(36).slice(2, 8)}-${panels++}`;
  const clip = svg("rect");
  const grid = svg("g", { class: "lmm-grid" });
  const ticks = svg("g", { class: "lmm-ticks" });
  const caption = svg("text", { class: "lmm-caption", "text-anchor": "middle" }, spec.x);
  const below = svg("g");
  const lit = svg("g"); // whoever is chosen or pointed at, above the others
  const above = svg("g"); // what belongs to the chosen person anyway
  const writing = svg("g");
  const plot = svg("svg", { role: "img" },
    svg("defs", {}, svg("clipPath", { id }, clip)),
    grid, ticks, caption,
    svg("g", { "clip-path": `url(#${id})` }, below, lit, above),
    writing,
  );
  const marks = spec.marks.map((told) => makeMark(told));
  const people = [...new Set(marks.flatMap((mark) => mark.ids))];
  const node = html("figure", { class: "lmm-panel lmm-card" },
    html("figcaption", {}, html("h3", {}, spec.title), html("span", {}, spec.y)),
    plot,
  );
  if (people.length) plot.setAttribute("tabindex", "0");
  let [width, height, axes] = [0, 0, null];
  let frame = { left: 0, top: 0, width: 0, height: 0 };

  function makeMark(told) {
    const layer = told.kind === "Label" ? writing : told.role === "person" ? above : below;
    const home = svg("g");
    layer.append(home);
    const flags = ["bold", "dashed", "arrow"].filter((flag) => told[flag]);
    const look = [`lmm-${told.kind.toLowerCase()}`, roleClass(told.role)];
    const things = Array.from({ length: told.k }, () =>
      svg(SHAPES[told.kind].tag, {
        class: [...look, ...flags.map((flag) => `lmm-${flag}`)].join(" "),
        "text-anchor": told.anchor,
      }),
    );
    home.append(...things);
    const ids = (INDEXED.has(told.kind) && told.ids) || [];
    const [X, Y, V] = told.n.map((n) => new Float64Array(n));
    return { ...told, ids, home, things, X, Y, V };
  }

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
    frame = { left, top: 8, width: width - left - right, height: height - 8 - 44 };
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
    caption.setAttribute("x", round(left + frame.width / 2));
    caption.setAttribute("y", foot + 38);
  }

  const toX = (code) => frame.left + ((code - START) / SCALE) * frame.width;
  const toY = (code) => frame.top + frame.height - ((code - START) / SCALE) * frame.height;

  return {
    node, plot, people, spec,
    size: marks.reduce((sum, { n }) => sum + n[0] + n[1] + n[2], 0),
    place,
    setAxes(given) {
      axes = given;
      place(width, height);
    },
    setLabels(texts) {
      for (const mark of marks) if (mark.kind === "Label") mark.things[0].textContent = texts.shift();
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
      for (const mark of marks) {
        const where = { ...mark, width, height };
        const { set } = SHAPES[mark.kind];
        mark.things.forEach((thing, i) => set(thing, i, where));
      }
    },
    // Light up a chosen person, and the one who is pointed at.
    light(chosen, hot) {
      for (const { ids, things, home } of marks) {
        ids.forEach((who, i) => {
          const on = who === chosen || who === hot;
          things[i].classList.toggle("lmm-chosen", who === chosen);
          things[i].classList.toggle("lmm-hot", who === hot && who !== chosen);
          if (on) lit.append(things[i]);
          else if (things[i].parentNode !== home) home.append(things[i]);
        });
      }
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
}
