// The bench in the browser: controls, pictures (draw.js), words, tasks, and the wire to the kernel.
//
// What is shown is one record, `scene`: the newest whole of what the kernel said. It belongs to the
// model, so all views of a model share it and a view opened later starts from it. Values of controls
// live in the model as well; moving a slider sets them here and asks the kernel for a new scene, and
// a change that comes from the kernel is never answered.

const plain = (spans) => spans.map(([text]) => text).join("");

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = html("textarea", { style: "position:fixed;opacity:0" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function render({ model, el }) {
  const about = model.get("_about");
  const scene = model.get("_scene");
  scene.asked ??= {}; // name -> number of the newest request that set it
  const id = fresh("bench");
  const get = (name) => model.get(name);
  const specs = new Map(about.controls.map((spec) => [spec.name, spec]));
  const endings = [];

  // Messages: the worst one is shown.
  const spoken = { dead: "", lost: "", silent: "", own: "" };
  const message = html("p", { class: "lmm-message" });
  function say(kind, text) {
    if (spoken[kind] === text) return;
    spoken[kind] = text;
    repaint();
  }

  // Controls.
  const wire = makeWire(model, scene, (silent) =>
    say("silent", silent ? "Still waiting for the kernel; it may be busy or out of reach …" : ""),
  );
  const links = inVoila() ? makeLinks(about, get) : null;
  let linkTimer = 0;

  // Move controls as a person does: here at once, in the kernel soon. `glide` lets the picture
  // move to its new place, for what is chosen and not dragged.
  function move(values, glide = false, more = {}) {
    say("own", "");
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    const n = wire.ask(values, more);
    if (glide) glideAt = n;
    return n;
  }
  function saveLink() {
    clearTimeout(linkTimer);
    if (links) linkTimer = setTimeout(() => links.write(), 300);
  }

  const controls = new Map();
  const groups = new Map();
  for (const spec of about.controls) {
    const simple = typeof spec.default === "string";
    if (spec.hidden || (simple && !spec.choices.length)) continue;
    const onMove = (value) => move({ [spec.name]: value }, simple);
    const control = simple
      ? makeChoice(spec, `${id}-${spec.name}`, onMove)
      : makeSlider(spec, `${id}-${spec.name}`, onMove, (text) => say("own", text));
    controls.set(spec.name, control);
    if (!groups.has(spec.group)) {
      const heading = html("h3");
      groups.set(spec.group, { heading, members: [], node: html("section", { class: "lmm-card lmm-group" }, heading) });
    }
    const group = groups.get(spec.group);
    group.members.push(control);
    group.node.append(control.node);
  }
  function showControls() {
    for (const [name, control] of controls) {
      control.show(get(name));
      const [other, wanted] = specs.get(name).shown.split("=");
      control.node.hidden = Boolean(other) && String(get(other)) !== wanted;
    }
    for (const group of groups.values()) group.node.hidden = group.members.every((c) => c.node.hidden);
    if (specs.has("seed")) seed.textContent = `sample ${get("seed")}`;
  }
  function changed() {
    showControls();
    saveLink();
  }
  for (const name of specs.keys()) {
    model.on(`change:${name}`, changed);
    endings.push(() => model.off(`change:${name}`, changed));
  }

  const button = (text, act) => {
    const node = html("button", { type: "button", class: "lmm-button" }, text);
    node.addEventListener("click", () => act(node));
    return node;
  };
  const buttons = html("div", { class: "lmm-buttons" });
  if (specs.has("seed")) {
    const { low, high } = specs.get("seed");
    buttons.append(button("new sample", () => move({ seed: get("seed") < high ? get("seed") + 1 : low }, true)));
  }
  buttons.append(
    button("reset", () => move(Object.fromEntries(about.controls.map((c) => [c.name, c.default])), true)),
    button(links ? "copy link" : "copy code", async (node) => {
      const text = links ? links.copied() : scene.line;
      const [done, before] = [await copy(text), links ? "copy link" : "copy code"];
      if (!done) return say("own", `Copying is not allowed here. This is it: ${text}`);
      node.textContent = "copied";
      announce("Copied.");
      setTimeout(() => (node.textContent = before), 1500);
    }),
  );
  const seed = html("span");

  // Words, tasks, footer.
  const words = html("div", { class: "lmm-words" });
  const line = html("code");
  const tasks = makeTasks(about.tasks, id, (task, choice) => move({}, true, { task, choice }));

  // What is read out: the newest text, at most once a second, and nothing before something happens.
  const live = html("div", { class: "lmm-unseen", "aria-live": "polite" });
  let [saidAt, announceTimer, toSay] = [0, 0, ""];
  function announce(text) {
    toSay = text;
    announceTimer ||= setTimeout(() => {
      [announceTimer, saidAt] = [0, performance.now()];
      live.textContent = toSay;
    }, Math.max(300, saidAt + 1000 - performance.now()));
  }

  // People: pointing lights up a person everywhere at once; choosing also tells the kernel.
  let [hot, picked, pickedAt] = ["", null, 0];
  let lit = "";
  const chosen = () => picked ?? scene.chosen;
  function lightUp() {
    const now = JSON.stringify([chosen(), hot]);
    if (now === lit) return;
    lit = now;
    for (const panel of panels) panel.light(chosen(), hot);
  }
  function point(who) {
    if (who === hot) return;
    hot = who;
    lightUp();
  }
  function choose(who) {
    if (!who || who === chosen()) return;
    picked = who;
    if (specs.has("person")) pickedAt = move({ person: who });
    else pickedAt = Infinity;
    lightUp();
  }
  function listen({ plot, people, whoIsAt }) {
    const name = html("span", { class: "lmm-name", "aria-hidden": "true" });
    plot.parentNode.append(name);
    plot.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch") return;
      const who = whoIsAt(event.clientX, event.clientY, 14);
      const corner = plot.parentNode.getBoundingClientRect();
      name.textContent = who;
      name.style.transform = `translate(${event.clientX - corner.left + 12}px, ${event.clientY - corner.top - 22}px)`;
      plot.style.cursor = who ? "pointer" : "";
      point(who);
    });
    plot.addEventListener("pointerleave", () => {
      name.textContent = "";
      point("");
    });
    plot.addEventListener("click", (event) => choose(hot || whoIsAt(event.clientX, event.clientY, 24)));
    plot.addEventListener("keydown", (event) => {
      const at = people.indexOf(chosen());
      const to = {
        ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1,
        Home: 0, End: people.length - 1,
      }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      choose(people[(to + people.length) % people.length]);
    });
  }

  // Places. On a narrow page the first picture stays in view above the controls.
  const rail = html("div", { class: "lmm-rail" }, ...[...groups.values()].map((g) => g.node), buttons);
  const top = html("div", { class: "lmm-row" });
  const rest = html("div", { class: "lmm-rest" });
  const side = html("div", { class: "lmm-side" });
  const stage = html("div", { class: "lmm-stage" }, top, message, words,
    ...(about.equation.length ? [html("p", { class: "lmm-equation" }, ...colourful(about.equation))] : []),
    rest,
  );
  const hint = html("span", { class: "lmm-unseen", id: `${id}-hint` }, "Arrow keys choose a person.");
  const bay = html("div", { class: "lmm-bay" }, rail);
  const desk = html("div", { class: "lmm-desk" }, bay, stage);
  const root = html("section", {
    class: "lmm-bench", "data-name": about.name, "aria-label": about.title,
    "data-jupyter-suppress-context-menu": true,
  },
    html("header", { class: "lmm-title" },
      html("h2", {}, about.title), ...(about.lead ? [html("p", {}, about.lead)] : [])),
    desk,
    html("footer", {}, line, seed), live, hint,
  );
  rest.append(tasks.node, side);

  let panels = [];
  // Where things stand follows the width of the bench, not of the window.
  function arrange() {
    const width = root.clientWidth;
    if (!width || !panels.length) return;
    const narrow = width < 720;
    root.classList.toggle("lmm-narrow", narrow);
    root.classList.toggle("lmm-wide", width >= 1060);
    const [first, ...others] = panels.map((panel) => panel.node);
    const home = narrow ? bay : top;
    if (first.parentNode !== home) home.prepend(first);
    if (narrow && message.parentNode !== bay) bay.append(message);
    if (!narrow && message.parentNode === bay) top.after(message);
    if (!narrow && others[0] && others[0].parentNode !== top) top.append(others[0]);
    if (narrow && others[0] && others[0].parentNode !== side) side.prepend(others[0]);
    first.classList.toggle("lmm-sticky", narrow);
    const inside = (node) => node.clientWidth - 24;
    const pair = narrow ? [] : panels.slice(0, 2);
    const stacked = top.clientWidth < 520;
    top.classList.toggle("lmm-stacked", stacked);
    pair.forEach(({ node, spec }) => (node.style.flex = `${spec.weight} 1 0`));
    rest.classList.toggle("lmm-three", stage.clientWidth >= 860 && panels.length > 3);
    const tall = ({ node, spec }) => Math.max(inside(node) / spec.aspect, 230);
    const shared = pair.reduce((sum, panel) => sum + tall(panel), 0) / pair.length;
    panels.forEach((panel, i) => {
      let height = !narrow && i < 2 && !stacked ? shared : tall(panel);
      if (narrow && i === 0) height = Math.min(height, Math.max(170, 0.4 * window.innerHeight));
      panel.place(inside(panel.node), Math.round(Math.min(height, 520)));
    });
    draw();
  }

  // Painting: once a frame, from `scene` as it is then.
  const painted = {};
  let [frame, glideAt, glide] = [0, 0, null];
  let [codes, target] = [[], []]; // what is drawn, and where it is going
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  function repaint() {
    frame ||= requestAnimationFrame(paint);
  }
  const isNew = (part) => painted[part] !== scene[part] && ((painted[part] = scene[part]), true);

  function paint(now) {
    frame = 0;
    if (isNew("structure")) build();
    if (isNew("axes")) scene.axes.forEach((axes, i) => panels[i].setAxes(axes));
    if (isNew("labels")) {
      const texts = [...scene.labels];
      panels.forEach((panel) => panel.setLabels(texts));
    }
    if (isNew("frame")) {
      const bytes = scene.frame;
      const next = new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
      const can = glideAt && scene.heard >= glideAt && next.length === codes.length && !still.matches;
      glide = can ? { from: Float32Array.from(codes), since: now } : null;
      if (scene.heard >= glideAt) glideAt = 0;
      target = next;
    }
    if (glide) {
      const share = Math.min(1, Math.max(0, (now - glide.since) / 450));
      const eased = share * share * (3 - 2 * share);
      codes = Float32Array.from(target, (to, i) => {
        const from = glide.from[i];
        return to === NOT_THERE || from === NOT_THERE ? to : from + eased * (to - from);
      });
      if (share < 1) repaint();
      else glide = null;
    } else codes = target;
    draw();
    if (isNew("words")) words.replaceChildren(...scene.words.map((spans) => html("p", {}, ...colourful(spans))));
    if (isNew("line")) line.textContent = scene.line;
    if (isNew("headings")) {
      for (const [name, { heading }] of groups) heading.textContent = scene.headings[name] ?? name;
    }
    if (isNew("notes")) for (const [name, control] of controls) control.note(scene.notes[name] ?? "");
    const [asked, done] = [isNew("answers"), isNew("states")];
    if (asked || done) tasks.show(scene.answers, scene.states);
    if (picked !== null && scene.heard >= pickedAt) picked = null;
    lightUp();
    root.classList.toggle("lmm-stale", scene.stale || Boolean(spoken.dead));
    const trouble = spoken.dead || spoken.lost || spoken.silent || spoken.own;
    const text = trouble || scene.message;
    message.classList.toggle("lmm-trouble", Boolean(trouble) || scene.stale);
    if (message.textContent !== text) message.textContent = text;
    const told = [text, ...scene.words.map(plain)].filter(Boolean).join(" ");
    if (told === painted.told) return;
    if (painted.told !== undefined) announce(told);
    painted.told = told;
    describe();
  }

  function build() {
    for (const { node } of panels) node.remove();
    panels = scene.structure.map(makePanel);
    panels.forEach((panel, i) => {
      if (i > 1) side.append(panel.node);
      if (!panel.people.length) return;
      listen(panel);
      panel.plot.setAttribute("aria-describedby", hint.id);
    });
    top.append(...panels.slice(0, 2).map((panel) => panel.node));
    [codes, glide, lit, painted.labels] = [[], null, "", null];
    scene.axes.forEach((axes, i) => panels[i].setAxes(axes));
    painted.axes = scene.axes;
    describe();
    arrange();
  }
  function describe() {
    for (const { plot, spec } of panels) {
      plot.setAttribute("aria-label", [`${spec.title}.`, painted.told].filter(Boolean).join(" "));
    }
  }
  function draw() {
    const all = panels.reduce((sum, { size }) => sum + size, 0);
    if (codes.length !== all) return;
    let at = 0;
    for (const panel of panels) {
      panel.draw(codes, at);
      at += panel.size;
    }
  }

  // Replies. One that is missing leaves a hole in the count; then we ask for everything.
  function heard(reply, buffers) {
    if (reply.k === undefined) return;
    const { k, n, ms, values = {}, whole, ...parts } = reply;
    wire.hear(reply);
    if (!whole && k !== scene.k && k !== scene.k + 1) {
      wire.ask({}, { full: 1 });
      return;
    }
    Object.assign(scene, parts, { k, heard: n });
    if (buffers?.length) scene.frame = buffers[0];
    for (const [name, value] of Object.entries(values)) {
      if (!(scene.asked[name] > n) && !wire.waiting(name)) model.set(name, value);
    }
    repaint();
  }
  model.on("msg:custom", heard);
  endings.push(() => model.off("msg:custom", heard), () => wire.stop());
  endings.push(watchKernel(model.widget_manager?.kernel, say));

  const ruler = html("div"); // as wide as the bench, and never taller when pictures grow
  root.append(ruler);
  const sizes = new ResizeObserver(() => arrange());
  el.append(root);
  sizes.observe(ruler);
  endings.push(() => sizes.disconnect());
  showControls();
  paint(performance.now());
  if (links && !scene.linked) {
    scene.linked = true;
    const [values, sentence] = links.read();
    if (Object.keys(values).length) move(values);
    say("own", sentence);
  }
  return () => {
    endings.forEach((end) => end());
    cancelAnimationFrame(frame);
    [linkTimer, announceTimer].forEach(clearTimeout);
    root.remove();
  };
}

export default { render };
