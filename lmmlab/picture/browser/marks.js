// The eight kinds of mark as SVG shapes: made once, moved at every picture.

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
      // whole pixels, so that neighbours meet
      box(e, ...[X[c], X[c + 1], Y[r], Y[r + 1]].map(Math.round));
      e.style.display = V[i] === V[i] ? "" : "none";
      e.setAttribute("fill-opacity", Math.round(1e3 * Math.min(Math.max(V[i], 0), 1)) / 1e3 || 0);
    },
    far(i, { X, Y }, x, y) {
      const columns = X.length - 1;
      const [r, c] = [Math.floor(i / columns), i % columns];
      return toBox(x, y, X[c], X[c + 1], Y[r], Y[r + 1]);
    },
  },
  Bars: {
    tag: "rect",
    set(e, i, { X, Y, k }) {
      box(e, X[i], X[k + i], Y[i], Y[k + i]);
    },
    far: (i, { X, Y, k }, x, y) => toBox(x, y, X[i], X[k + i], Y[i], Y[k + i]),
  },
  Label: {
    tag: "text",
    set(e, _, { X, Y, width, height, anchor, halo, taken }) {
      const there = X[0] === X[0] && Y[0] === Y[0];
      for (const text of [e, halo]) text.style.display = there ? "" : "none";
      if (!there) return;
      // The width is a guess, which costs no layout. A label keeps inside the picture, and lower
      // than another one that it would cover.
      const long = 7.2 * e.textContent.length;
      const before = { start: 0, middle: long / 2, end: long }[anchor];
      const left = Math.max(2, Math.min(X[0] - before, width - 2 - long));
      let y = Math.max(10, Math.min(Y[0], height - 6));
      for (const other of taken) {
        const beside = left > other.left + other.long || left + long < other.left;
        if (!beside && Math.abs(y - other.y) < 14) y = other.y + 14;
      }
      taken.push({ left, long, y });
      taken.sort((one, other) => one.y - other.y);
      for (const text of [e, halo]) {
        text.setAttribute("x", round(left + before));
        text.setAttribute("y", round(y + 4));
      }
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

// The sides that divide the cells of `who` in a heat map from all the others, as one path.
function outline({ X, Y, ids }, who) {
  const columns = X.length - 1;
  const mine = (r, c) => c >= 0 && c < columns && ids[r * columns + c] === who;
  let d = "";
  ids.forEach((id, i) => {
    if (id !== who) return;
    const [r, c] = [Math.floor(i / columns), i % columns];
    const [x0, x1, y0, y1] = [X[c], X[c + 1], Y[r], Y[r + 1]].map(round);
    if (!Number.isFinite(x0 + x1 + y0 + y1)) return;
    if (!mine(r - 1, c)) d += `M${x0} ${y0}L${x1} ${y0}`;
    if (!mine(r + 1, c)) d += `M${x0} ${y1}L${x1} ${y1}`;
    if (!mine(r, c - 1)) d += `M${x0} ${y0}L${x0} ${y1}`;
    if (!mine(r, c + 1)) d += `M${x1} ${y0}L${x1} ${y1}`;
  });
  return d;
}

// Where an arrow key leads from the cell of `who`: the next one that way that is somebody else's.
function nextCell({ X, Y, ids }, who, key) {
  const columns = X.length - 1;
  const rows = Y.length - 1;
  const down = Y[rows] > Y[0] ? 1 : -1; // the first row may stand above or below
  const [dr, dc] = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [down, 0], ArrowUp: [-down, 0] }[key];
  const i = ids.indexOf(who);
  let [r, c] = [Math.floor(i / columns) + dr, (i % columns) + dc];
  for (; r >= 0 && r < rows && c >= 0 && c < columns; r += dr, c += dc) {
    if (ids[r * columns + c] !== who) return ids[r * columns + c];
  }
  return null;
}

function toBox(x, y, x0, x1, y0, y1) {
  const outside = (v, a, b) => Math.max(Math.min(a, b) - v, v - Math.max(a, b), 0);
  const far = Math.hypot(outside(x, x0, x1), outside(y, y0, y1));
  return far === far ? far : Infinity;
}

function toSegment(x, y, x0, y0, x1, y1) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1);
  const t = Math.max(0, Math.min(1, along));
  const far = Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
  return far === far ? far : Infinity;
}
