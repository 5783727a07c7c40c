// Progress: the kernel keeps the book and judges what is read; a page of Voila keeps its text, for
// there the kernel ends with the page. `window.lmmlabKept` is what any bench of this page last read
// or wrote there; what else stands there is of another page.
// Students of a hub who use one browser have it under names of their own: their pages lie apart.
const KEPT_AS = ["lmmlab.progress", ...(/\/user\/[^/]+/.exec(location.pathname) ?? [])].join("");

function makeProgress(scene, ask, happened) {
  const stores = inVoila();
  const summary = html("summary", { "data-lm-suppress-shortcuts": "true" });
  const where = html("p");
  const trouble = html("p", { class: "lmm-trouble" });
  const file = html("input", { type: "file", accept: ".json,application/json", hidden: true });
  const download = makeButton("download", () => {
    const link = html("a", { download: "lmmlab-progress.json", href: URL.createObjectURL(new Blob([told.text], { type: "application/json" })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  const upload = makeButton("upload", () => file.click());
  const erase = makeButton("erase", () => {
    if (erase.dataset.sure) {
      ask({ erase: 1 });
      happened("Progress erased.");
    }
    sure(!erase.dataset.sure);
  });
  const node = html("details", { class: "lmm-progress", hidden: true },
    summary, where, trouble, html("div", { class: "lmm-buttons" }, download, upload, erase, file),
  );
  let told = {};
  let timer = 0;

  function sure(asked) {
    clearTimeout(timer);
    erase.textContent = asked ? "erase all of it?" : "erase";
    if (!asked) delete erase.dataset.sure;
    else {
      erase.dataset.sure = "1";
      timer = setTimeout(() => sure(false), 5000);
    }
  }
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    // A longer one is refused by the kernel, too, but might not reach it.
    if (chosen.size <= 2_000_000) ask({ text: await chosen.text() });
    else happened((trouble.textContent = "This file is too long for a progress file: 2 MB are the most."));
    file.value = "";
  });

  function stored(text) {
    try {
      if (text === undefined) return localStorage.getItem(KEPT_AS);
      localStorage.setItem(KEPT_AS, text);
      return text;
    } catch {
      return undefined; // this browser keeps nothing
    }
  }
  function keep() {
    const other = stored();
    if (other && other !== window.lmmlabKept && other !== told.text) ask({ text: other, kept: 1 });
    window.lmmlabKept = stored(told.text);
    if (window.lmmlabKept === undefined) where.textContent = "This browser keeps nothing: download it before you go.";
  }
  return {
    node,
    show(news) {
      told = news;
      node.hidden = told.text === undefined;
      if (node.hidden) return;
      summary.textContent = `Your progress: ${told.count} ${told.count === 1 ? "task" : "tasks"}`;
      where.textContent = stores
        ? "Kept in this browser only. A private window forgets it, and so does a page on Binder: download it to keep it."
        : told.file ? `Kept in ${told.file} beside this notebook.` : "Kept until this notebook ends: download it to keep it.";
      trouble.textContent = told.trouble;
      if (told.trouble) {
        node.open = true;
        happened(told.trouble);
      }
      if (stores && told.ready) keep();
    },
    // Bring the kernel what this browser has kept; once for all views of a model.
    bring() {
      if (!stores || scene.brought || told.text === undefined) return;
      scene.brought = true;
      const lesson = decodeURIComponent(location.pathname.split("/").pop()).replace(/\.ipynb$/, "");
      const text = (window.lmmlabKept = stored());
      ask(text ? { lesson, text, kept: 1 } : { lesson });
    },
  };
}
