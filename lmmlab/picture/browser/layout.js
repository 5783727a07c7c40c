// Where things stand. That follows the width of the bench, not of the window: controls at the left
// and pictures at the right; on a narrow page the first picture stays in view above the controls.
function makeLayout(about, { rail, message, words, tasks, foot, unseen }) {
  const bay = html("div", { class: "lmm-bay" }, html("div", { class: "lmm-rail" }, ...rail));
  const top = html("div", { class: "lmm-row" });
  const rest = html("div", { class: "lmm-rest" }, tasks);
  const equation = html("p", { class: "lmm-equation" }, ...colourful(about.equation));
  const stage = html("div", { class: "lmm-stage" }, top, message, words, equation, rest);
  const title = html("header", { class: "lmm-title" }, html("h2", {}, about.title), html("p", {}, about.lead));
  const ruler = html("div"); // as wide as the bench, and never taller when pictures grow
  const root = html("section",
    { class: "lmm-bench", "data-name": about.name, "aria-label": about.title, "data-jupyter-suppress-context-menu": true },
    ruler, title, html("div", { class: "lmm-desk" }, bay, stage), html("footer", {}, ...foot), ...unseen,
  );

  function arrange(panels) {
    const width = root.clientWidth;
    if (!width || !panels.length) return;
    const narrow = width < 720;
    root.classList.toggle("lmm-narrow", narrow);
    root.classList.toggle("lmm-wide", width >= 1060);
    const nodes = panels.map(({ node }) => node);
    const into = (home, some) => some.some((node) => node.parentNode !== home) && home.append(...some);
    into(top, narrow ? [] : nodes.slice(0, 2));
    into(rest, nodes.slice(narrow ? 1 : 2));
    if (narrow && nodes[0].parentNode !== bay) bay.prepend(nodes[0]);
    if (narrow) into(bay, [message]);
    else if (message.parentNode === bay) top.after(message);
    nodes[0].classList.toggle("lmm-sticky", narrow);

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
      if (narrow && i === 0) height = Math.min(height, Math.max(170, 0.4 * window.innerHeight));
      panel.place(inside(panel.node), Math.round(Math.min(height, 520)));
    });
  }
  return { root, ruler, arrange };
}
