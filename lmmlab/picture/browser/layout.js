// Where things stand. That follows the width of the bench, not of the window: controls at the left
// and pictures at the right; on a narrow page one of the first two pictures, as one chooses, stays
// in view above the controls. `redraw` draws the pictures in their new places.
function makeLayout(about, { rail, message, words, equation, tasks, foot, unseen }, redraw) {
  const front = html("div", { class: "lmm-front" });
  const bay = html("div", { class: "lmm-bay" }, front, html("div", { class: "lmm-rail" }, ...rail));
  const top = html("div", { class: "lmm-row" });
  const rest = html("div", { class: "lmm-rest" }, tasks);
  const stage = html("div", { class: "lmm-stage" }, top, message, words, equation, rest);
  const title = html("header", { class: "lmm-title" }, html("h2", {}, about.title), html("p", {}, about.lead));
  const ruler = html("div"); // as wide as the bench, and never taller when pictures grow
  const root = html("section",
    { class: "lmm-bench", "data-name": about.name, "aria-label": about.title, "data-jupyter-suppress-context-menu": true },
    ruler, title, html("div", { class: "lmm-desk" }, bay, stage), html("footer", {}, ...foot), ...unseen,
  );

  // The switch between the pictures that may stay in view.
  let [inFront, known] = [0, []];
  const choices = [0, 1].map((i) => {
    const button = html("button", { type: "button" });
    button.addEventListener("click", () => {
      inFront = i;
      arrange(known);
      redraw();
    });
    return button;
  });
  front.append(html("div", { class: "lmm-switch", role: "group", "aria-label": "Picture that stays in view" }, ...choices));

  function arrange(panels) {
    known = panels;
    const width = root.clientWidth;
    if (!width || !panels.length) return;
    const narrow = width < 720;
    root.classList.toggle("lmm-narrow", narrow);
    root.classList.toggle("lmm-wide", width >= 1060);
    const nodes = panels.map(({ node }) => node);
    const first = panels.length > 1 ? inFront : 0;
    const into = (home, some) => some.some((node) => node.parentNode !== home) && home.append(...some);
    into(top, narrow ? [] : nodes.slice(0, 2));
    into(rest, narrow ? nodes.filter((_, i) => i !== first) : nodes.slice(2));
    if (narrow) into(front, [nodes[first]]);
    if (narrow) into(bay, [message]);
    else if (message.parentNode === bay) top.after(message);
    front.hidden = !narrow;
    choices.forEach((button, i) => {
      button.textContent = panels[i]?.spec.title ?? "";
      button.setAttribute("aria-pressed", i === first);
      button.parentNode.hidden = panels.length < 2;
    });

    const stacked = top.clientWidth < 520;
    top.classList.toggle("lmm-stacked", stacked);
    const cells = [...rest.children].filter((node) => !node.hidden).length;
    const columns = stage.clientWidth < 520 ? 1 : stage.clientWidth >= 860 && cells % 3 === 0 ? 3 : Math.min(cells, 2);
    rest.style.setProperty("--columns", columns);
    tasks.style.gridRow = columns === 2 && cells === 3 ? "span 2" : "";
    for (const { node, spec } of panels) node.style.flex = `${spec.weight} 1 0`;
    // Pictures beside each other are equally tall.
    const inside = (node) => node.clientWidth - 24;
    const tall = ({ node, spec }) => Math.max(inside(node) / spec.aspect, 230);
    const pair = narrow || stacked ? [] : panels.slice(0, 2);
    const shared = pair.reduce((sum, panel) => sum + tall(panel), 0) / pair.length;
    panels.forEach((panel, i) => {
      let height = i < pair.length ? shared : tall(panel);
      if (narrow && i === first) height = Math.min(height, Math.max(170, 0.4 * window.innerHeight));
      panel.place(inside(panel.node), Math.round(Math.min(height, 520)));
    });
    root.style.setProperty("--front", `${front.offsetHeight}px`);
  }
  return { root, ruler, arrange };
}
