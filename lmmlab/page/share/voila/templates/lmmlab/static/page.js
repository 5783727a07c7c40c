// What a lesson's page does itself, before and without its labs. (In a file of its own, for the
// server forbids scripts that are written into a page.)
{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    document.body.dataset.jpThemeLight = String(!dark.matches);
    document.body.dataset.jpThemeName = dark.matches ? "JupyterLab Dark" : "JupyterLab Light";
  };
  follow();
  dark.addEventListener("change", follow);

  window.voila_heartbeat = () => {}; // called while a cell takes long
  const cells = document.getElementById("rendered_cells");
  document.addEventListener("DOMContentLoaded", () => cells.removeAttribute("aria-busy"));

  // What is too wide for a narrow page scrolls, with the keyboard too.
  const wide = "mjx-container[display], pre, table, .jp-OutputArea-output:not(.lm-Panel)";
  new ResizeObserver(() => {
    for (const one of document.querySelectorAll(wide)) {
      if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
    }
  }).observe(cells);
}
