// The bench in the browser: it joins controls, pictures, words and tasks to the wire.
//
// What is shown is one record, `scene`: the newest whole of what the kernel said. It belongs to the
// model, so all views of a model share it and a view opened later starts from it. Values of controls
// live in the model as well; moving a slider sets them here and asks the kernel for a new scene, and
// a change that comes from the kernel is never answered.

function render({ model, el }) {
  const about = model.get("_about");
  const scene = model.get("_scene");
  scene.asked ??= {}; // name -> number of the newest request that set it
  const id = fresh("bench");
  const names = about.controls.map(({ name }) => name);
  const get = (name) => model.get(name);
  const endings = [];

  const voice = makeVoice(repaint, () => memory.write());
  const wire = makeWire(model, scene, (silent) =>
    voice.say("silent", silent ? "Still waiting for the kernel; it may be busy or out of reach …" : ""),
  );
  const links = inVoila() ? makeLinks(about, get) : null;
  const memory = links ?? makeLegacy(about, get, voice.dead);
  const controls = makeControls(about, id, get, move, (text) => voice.say("own", text));
  const pictures = makePictures(`${id}-hint`, pin, point);
  const commit = (task, content) => move({}, true, { task, ...content });
  const tasks = makeTasks(about, id, commit, voice.happened);
  const progress = makeProgress(scene, (said) => wire.ask({}, { progress: said }), voice.happened);
  tasks.node.append(progress.node);
  const words = html("div", { class: "lmm-words" });
  const equation = html("p", { class: "lmm-equation" });
  const [line, sample] = [html("code"), html("span")];
  const seed = about.controls.find(({ name }) => name === "seed");
  const afresh = makeButton("new sample", () => move({ seed: get("seed") < seed.high ? get("seed") + 1 : seed.low }, true));
  const layout = makeLayout(about, {
    rail: [...controls.nodes, html("div", { class: "lmm-buttons" }, ...makeButtons())],
    message: voice.message,
    words,
    equation,
    tasks: tasks.node,
    foot: [line, sample],
    unseen: [voice.live, html("span", { class: "lmm-unseen", id: `${id}-hint` }, "Arrow keys choose a person.")],
  }, pictures.draw);

  // Move controls as a person does: here at once, in the kernel soon. With `glide` the picture
  // glides to the answer.
  let glideAt = 0;
  function move(values, glide = false, more = {}) {
    voice.say("own", "");
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    const n = wire.ask(values, more);
    if (glide) glideAt = n;
    return n;
  }

  // Choosing a person shows at once; the kernel is told where the lab wants to know.
  let [picked, pickedAt] = [null, 0];
  let pinned = null; // who was chosen before one pointed at somebody, where pointing chooses
  function choose(who) {
    if (who === (picked ?? scene.chosen)) return;
    picked = who;
    pickedAt = names.includes("person") ? move({ person: who }) : Infinity;
    pictures.light(who);
  }

  function pin(who) {
    pinned = null;
    choose(who);
  }
  function point(who) {
    if (who && scene.hover) {
      pinned ??= picked ?? scene.chosen;
      choose(who);
    } else if (pinned !== null) pin(pinned);
  }

  function makeButtons() {
    const start = Object.fromEntries(about.controls.map((spec) => [spec.name, spec.default]));
    const reset = makeButton("reset", () => move(start, true));
    const word = links ? "copy link" : "copy code";
    const copier = makeButton(word, async (node) => {
      const text = links ? links.copied() : scene.line;
      if (!(await copy(text))) return voice.say("own", `Copying is not allowed here. This is it: ${text}`);
      node.textContent = "copied";
      voice.happened("Copied.");
      setTimeout(() => (node.textContent = word), 1500);
    });
    return [afresh, reset, copier];
  }

  function showControls() {
    controls.show();
    afresh.hidden = sample.hidden = !seed || !matters(seed, get);
    if (seed) sample.textContent = `sample ${get("seed")}`;
  }
  let linkTimer = 0;
  function changed() {
    showControls();
    clearTimeout(linkTimer);
    linkTimer = setTimeout(memory.write, 300);
  }

  // Painting: once a frame, from `scene` as it is then, and only what has changed.
  let frame = 0;
  function repaint() {
    frame ||= requestAnimationFrame(paint);
  }
  const painted = {};
  function whenNew(part, act) {
    if (painted[part] === scene[part]) return;
    painted[part] = scene[part];
    act(scene[part]);
  }
  function paint(now) {
    frame = 0;
    whenNew("structure", (structure) => {
      pictures.build(structure);
      painted.axes = painted.labels = null;
    });
    if (painted.axes === null) {
      pictures.setAxes(scene.axes);
      layout.arrange(pictures.all());
    }
    whenNew("axes", pictures.setAxes);
    whenNew("labels", pictures.setLabels);
    whenNew("frame", (codes) => {
      const answered = scene.heard >= glideAt;
      pictures.aim(codes, now, glideAt && answered);
      if (answered) glideAt = 0;
    });
    if (pictures.step(now)) repaint();
    if (scene.heard >= pickedAt) picked = null;
    pictures.light(picked ?? scene.chosen);
    whenNew("words", (all) => words.replaceChildren(...all.map((spans) => html("p", {}, ...colourful(spans)))));
    whenNew("equation", (spans) => equation.replaceChildren(...colourful(spans)));
    whenNew("line", (text) => (line.textContent = text));
    whenNew("headings", controls.setHeadings);
    whenNew("notes", controls.setNotes);
    whenNew("states", tasks.setStates);
    whenNew("answers", tasks.setAnswers);
    whenNew("progress", (told) => {
      progress.show(told);
      tasks.setRight((told.right ?? []).filter(([lab]) => lab === about.name).map(([, task]) => task));
    });
    layout.root.classList.toggle("lmm-stale", scene.stale || voice.dead());
    const spoken = [voice.show(scene), ...scene.words.map(plain)].filter(Boolean).join(" ");
    if (spoken === painted.spoken) return;
    if (painted.spoken !== undefined) voice.isTrue(spoken);
    painted.spoken = spoken;
    pictures.describe(spoken);
  }

  // Replies. One that is missing leaves a hole in the count; then we ask for everything.
  function heard(reply, buffers) {
    if (reply.k === undefined) return;
    const { k, n, ms, values = {}, whole, ...parts } = reply;
    wire.hear(n, ms);
    if (!whole && k !== scene.k && k !== scene.k + 1) {
      wire.ask({}, { full: 1 });
      return;
    }
    Object.assign(scene, parts, { k, heard: n });
    if (buffers?.length) scene.frame = buffers[0];
    for (const [name, value] of Object.entries(values)) {
      const newer = scene.asked[name] > n || wire.waiting(name);
      if (!newer) model.set(name, value);
    }
    repaint();
  }

  function listen(event, act) {
    model.on(event, act);
    endings.push(() => model.off(event, act));
  }
  listen("msg:custom", heard);
  for (const name of names) listen(`change:${name}`, changed);
  endings.push(watchKernel(model.widget_manager?.kernel, wire, voice.say, () => memory.write()));

  el.append(layout.root);
  showControls();
  paint(performance.now());
  const sizes = new ResizeObserver(() => {
    if (links?.embedded) links.alone(layout.root); // now it stands in the page
    layout.arrange(pictures.all());
    pictures.draw();
  });
  sizes.observe(layout.ruler);
  progress.bring();
  if (!scene.linked) {
    scene.linked = true; // by one view for all
    const [values, sentence] = memory.read();
    if (Object.keys(values).length) move(values);
    voice.say("own", sentence);
  }
  return () => {
    for (const end of [...endings, wire.stop, voice.stop]) end();
    sizes.disconnect();
    cancelAnimationFrame(frame);
    clearTimeout(linkTimer);
    layout.root.remove();
  };
}

export default { render };
