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
  document.addEventListener("DOMContentLoaded", () => {
    cells.removeAttribute("aria-busy");
    if (cells.nextElementSibling) watch(JSON.parse(document.getElementById("jupyter-config-data").textContent));
    else {
      const end = cells.lastElementChild.appendChild(document.createElement("p"));
      fail(end, "The rest of this page has not come: the server was stopped, or the network is off. Reload the page.");
    }
  });

  // A lab that does not start says so, and what to do.
  function watch({ baseUrl, kernelId }) {
    const began = performance.now();
    const kernel = `${baseUrl}api/kernels/${kernelId}?no_track_activity=1`;
    const clock = setInterval(async () => {
      const late = [...document.querySelectorAll(".waiting")].filter((one) => one.offsetHeight);
      if (!late.length) return clearInterval(clock);
      const asked = fetch(kernel, { signal: AbortSignal.timeout(2000) });
      const gone = await asked.then(({ status }) => status === 404, () => true);
      for (const one of late) {
        if (gone || one.parentNode.textContent.includes("Error displaying widget")) {
          fail(one, "This lab does not start: Python has stopped, or the network is off. Reload the page.");
        } else if (performance.now() - began > 10_000) {
          one.textContent = "The lab is still starting. If it is not here in a minute, reload the page.";
        }
      }
    }, 1500);
  }
  function fail(place, text) {
    place.textContent = text;
    place.className = "failed";
    place.setAttribute("role", "status");
  }

  // What is too wide for a narrow page scrolls, with the keyboard too.
  const wide = "mjx-container[display], pre, table, .jp-OutputArea-output:not(.lm-Panel)";
  new ResizeObserver(() => {
    for (const one of document.querySelectorAll(wide)) {
      if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
    }
  }).observe(cells);
}
