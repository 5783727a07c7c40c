// The bench in the browser: controls, pictures (draw.js), words, tasks, and the wire to the kernel.
//
// What is shown is one record, `scene`: the newest whole of what the kernel said. It belongs to the
// model, so all views of a model share it and a view opened later starts from it. Values of controls
// live in the model as well; moving a slider sets them here and asks the kernel for a new scene, and
// a change that comes from the kernel is never answered.

const RESERVED = ["token", "theme", "template", "classic-tree"];
const plain = (spans) => spans.map(([text]) => text).join("");

// Requests to the kernel: several under way, the newest values waiting, lost ones sent again.
//
// How many may be under way is learned: enough to cover the round trip at one request a frame, and
// no more than keep a slow kernel or a narrow line busy, for what queues there only comes late.
function makeWire(model, scene, onSilence) {
  const FRAME = 16.7; // ms
  const GRACE = 3000; // ms without an answer until we say so
  const underWay = new Map(); // number of a request -> { sent, content }
  let next = null; // what waits to be sent
  let limit = 3;
  let [best, pace, work] = [Infinity, FRAME, 0]; // round trip, time between replies, kernel: ms
  let [lastSent, lastReply, quietSince, patience] = [0, 0, 0, 2000];
  let timer = 0;

  function ask(values, more = {}) {
    next = { ...next, ...more, v: { ...next?.v, ...values } };
    pump();
    return (scene.n ?? 0) + (next ? 1 : 0); // the number that these values have or will have
  }

  function pump() {
    if (!next || underWay.size >= limit) return;
    const now = performance.now();
    const wait = lastSent + 12 - now; // a mouse may report more often than a screen shows
    if (wait > 0) {
      clearTimeout(timer);
      timer = setTimeout(pump, wait);
      return;
    }
    if (!underWay.size) [best, lastReply, quietSince] = [Infinity, 0, now];
    scene.n = (scene.n ?? 0) + 1;
    const content = next;
    next = null;
    lastSent = now;
    underWay.set(scene.n, { sent: now, content });
    for (const name of Object.keys(content.v)) scene.asked[name] = scene.n;
    try {
      model.send({ ...content, n: scene.n });
    } catch {
      // A closed connection; the request is sent again when it is missed.
    }
  }

  // A reply acknowledges its request and all older ones.
  function hear({ n, ms = 0 }) {
    const now = performance.now();
    const full = underWay.size >= limit || next;
    const mine = underWay.get(n);
    for (const number of underWay.keys()) if (number <= n) underWay.delete(number);
    if (mine) {
      best = Math.min(best, now - mine.sent);
      work += 0.2 * (ms - work);
      if (full && lastReply) pace += 0.2 * (Math.min(now - lastReply, 500) - pace);
      lastReply = now;
      const cover = Math.ceil(best / Math.max(FRAME, pace));
      limit = work > FRAME ? Math.min(Math.max(cover, 1), 8) : Math.min(Math.max(cover + 1, 3), 8);
      [quietSince, patience] = [now, 2000];
    }
    pump();
  }

  const clock = setInterval(() => {
    const now = performance.now();
    if (!underWay.size) {
      quietSince = now;
      onSilence(false);
      return;
    }
    onSilence(now - quietSince > GRACE);
    if (now - lastSent < patience) return;
    patience = Math.min(patience * 1.5, 5000);
    const again = [...underWay.values()].map(({ content }) => content);
    if (next) again.push(next);
    next = Object.assign({}, ...again, { v: Object.assign({}, ...again.map(({ v }) => v)), full: 1 });
    underWay.clear();
    pump();
  }, 250);

  return {
    ask, hear,
    idle: () => !underWay.size && !next,
    waiting: (name) => next !== null && name in next.v,
    stop() {
      clearInterval(clock);
      clearTimeout(timer);
    },
  };
}

// Is the kernel there? Deaths are remembered: a restarted kernel does not know this bench.
function watchKernel(kernel, say) {
  if (!kernel?.statusChanged) return () => {};
  const onStatus = (_, status) => {
    if (["restarting", "autorestarting", "dead"].includes(status)) {
      say("dead", "The computation behind this page has ended. Reload the page, or in a notebook run its cells again.");
    }
  };
  const onConnection = (_, status) => {
    say("lost", status === "connected" ? "" : "The connection is lost; trying to get it back …");
  };
  kernel.statusChanged.connect(onStatus);
  kernel.connectionStatusChanged?.connect(onConnection);
  return () => {
    kernel.statusChanged.disconnect(onStatus);
    kernel.connectionStatusChanged?.disconnect(onConnection);
  };
}

// Numbers as people write them.
const digits = (spec) => (String(spec.step).split(".")[1] ?? "").length;

function written(spec, value) {
  let fixed = digits(spec);
  while (fixed < 6 && Math.abs(+value.toFixed(fixed) - value) > 1e-9) fixed++;
  const text = value.toFixed(fixed).replace("-", "−");
  return spec.signed && value > 0 ? `+${text}` : text;
}

function read(spec, text) {
  let bare = text.trim();
  if (spec.unit && bare.endsWith(spec.unit)) bare = bare.slice(0, -spec.unit.length).trim();
  bare = bare.replace("−", "-").replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(bare) ? Number(bare) : NaN;
}

const called = (spec) => [spec.symbol, spec.label].filter(Boolean).join(" ");
const withUnit = (spec, text) => (spec.unit ? `${text} ${spec.unit}` : text);

// The nearest value that a control can take, and a sentence if that is another one.
function fitted(spec, value) {
  let taken = Math.min(Math.max(value, spec.low), spec.high);
  const name = spec.symbol || spec.label;
  const now = () => `it is now ${withUnit(spec, written(spec, taken))}.`;
  if (taken !== value) {
    const [low, high] = [spec.low, spec.high].map((end) => written(spec, end));
    return [taken, `${name} goes from ${low} to ${withUnit(spec, high)}; ${now()}`];
  }
  if (Number.isInteger(spec.default) && spec.whole && !Number.isInteger(value)) {
    taken = Math.round(value);
    return [taken, `${name} is a whole number; ${now()}`];
  }
  return [taken, ""];
}

// A slider with its typed value. `onMove(value, rest)`; `rest` is true when a hand has let go.
function makeSlider(spec, id, onMove, say) {
  const range = html("input", {
    type: "range", id, min: spec.low, max: spec.high, step: spec.step, autocomplete: "off",
  });
  const typed = html("input", {
    type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false",
    "aria-label": withUnit(spec, `${called(spec)}, typed value`),
  });
  const note = html("p", { class: "lmm-note" });
  const symbol = spec.symbol ? [html("b", {}, spec.symbol), " "] : [];
  const node = html("div", { class: `lmm-control ${roleClass(spec.role)}`, "data-name": spec.name },
    html("label", { for: id }, ...symbol, spec.label),
    html("span", { class: "lmm-typed" }, typed, spec.unit ? html("span", {}, spec.unit) : ""),
    range, note,
  );
  let [held, value] = [false, spec.default];

  function show(newValue) {
    value = newValue;
    if (!held) range.value = value;
    range.setAttribute("aria-valuetext", withUnit(spec, written(spec, value)));
    const share = (Math.min(Math.max(value, spec.low), spec.high) - spec.low) / (spec.high - spec.low);
    range.style.setProperty("--share", `${100 * share}%`);
    if (document.activeElement !== typed || typed.value === typed.defaultValue) fill();
  }
  function fill() {
    typed.value = typed.defaultValue = written(spec, value);
    typed.style.width = `${Math.max(3, typed.value.length + 0.6)}ch`;
  }
  function release() {
    if (!held) return;
    held = false;
    show(value);
  }
  range.addEventListener("pointerdown", () => (held = true));
  range.addEventListener("input", () => onMove(Number(range.value), false));
  range.addEventListener("change", () => {
    release();
    onMove(null, true);
  });
  for (const end of ["pointerup", "pointercancel", "blur"]) range.addEventListener(end, release);
  typed.addEventListener("focus", () => typed.select());
  typed.addEventListener("keydown", (event) => {
    if (event.key === "Escape") fill();
  });
  typed.addEventListener("change", () => {
    const number = read(spec, typed.value);
    if (number !== number) {
      say(`“${typed.value}” is not a number; ${spec.symbol || spec.label} stays at ${withUnit(spec, written(spec, value))}.`);
      fill();
      return;
    }
    const [taken, sentence] = fitted(spec, number);
    typed.defaultValue = typed.value;
    onMove(taken, true);
    fill();
    say(sentence);
  });
  show(value);
  return { node, show, note: (text) => (note.textContent = text) };
}

// A choice of a few: real radio buttons that look like one strip.
function makeChoice(spec, id, onMove) {
  const options = spec.choices.map(([value, label]) => {
    const input = html("input", { type: "radio", name: id, value, autocomplete: "off" });
    input.addEventListener("change", () => onMove(value, true));
    return { input, node: html("label", {}, input, html("span", {}, label)) };
  });
  const note = html("p", { class: "lmm-note" });
  const node = html("fieldset", { class: `lmm-choice ${roleClass(spec.role)}`, "data-name": spec.name },
    html("legend", {}, ...(spec.symbol ? [html("b", {}, spec.symbol), " "] : []), spec.label),
    html("div", { class: "lmm-strip" }, ...options.map((option) => option.node)), note,
  );
  return {
    node,
    show: (value) => options.forEach(({ input }) => (input.checked = input.value === value)),
    note: (text) => (note.textContent = text),
  };
}

// Tasks, one at a time. `onCommit(task, choice)`.
function makeTasks(tasks, id, onCommit) {
  const reached = new Set();
  let at = 0;
  const cards = tasks.map((task, number) => {
    const reply = html("div", { class: "lmm-reply", "aria-live": "polite" });
    const node = html("div", { class: "lmm-task", "data-task": task.id });
    if (task.kind === "do") {
      node.append(html("p", {}, task.text), reply);
      return { node, task, reply };
    }
    const commit = html("button", { type: "button", class: "lmm-button lmm-commit", disabled: true }, "Commit");
    const options = task.choices.map((text, i) => {
      const input = html("input", { type: "radio", name: `${id}-${number}`, value: i, autocomplete: "off" });
      input.addEventListener("change", () => (commit.disabled = false));
      return { input, node: html("label", { class: "lmm-option" }, input, html("span", {}, text)) };
    });
    commit.addEventListener("click", () => {
      const choice = options.findIndex(({ input }) => input.checked);
      if (choice < 0) return;
      commit.disabled = true;
      onCommit(task.id, choice);
    });
    node.append(html("fieldset", {}, html("legend", {}, task.text), ...options.map((o) => o.node)), commit, reply);
    return { node, task, reply, commit, options };
  });
  const title = html("h3");
  const steps = tasks.map((task, i) => {
    const step = html("button", { type: "button", class: "lmm-step" }, String(i + 1));
    step.addEventListener("click", () => turn(i));
    return step;
  });
  const node = html("section", { class: "lmm-card lmm-tasks" },
    html("header", {}, title, html("nav", { "aria-label": "Questions" }, ...(tasks.length > 1 ? steps : []))),
    ...cards.map((card) => card.node),
  );

  function turn(to) {
    at = to;
    cards.forEach((card, i) => (card.node.hidden = i !== at));
    title.textContent = tasks[at]?.title ?? "";
    mark();
  }
  function mark() {
    steps.forEach((step, i) => {
      const done = reached.has(tasks[i].id);
      step.classList.toggle("lmm-done", done);
      step.setAttribute("aria-label", `Question ${i + 1} of ${tasks.length}${done ? ", done" : ""}`);
      if (i === at) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    });
  }
  function tell(card, good, sign, text) {
    const key = `${good}${sign}${text}`;
    if (card.told === key) return;
    card.told = key;
    card.reply.classList.toggle("lmm-good", good);
    card.reply.replaceChildren(html("span", { class: "lmm-sign", "aria-hidden": "true" }, sign), text);
  }
  function show(answers, states) {
    const doing = cards.filter(({ task }) => task.kind === "do");
    doing.forEach((card, i) => {
      const [done, note] = states[i] ?? [false, ""];
      if (done) reached.add(card.task.id);
      tell(card, done, done ? "✓" : "○", `${done ? "Done. " : "Not yet. "}${note}`);
    });
    for (const card of cards) {
      const answer = answers[card.task.id];
      if (!answer || !card.options) continue;
      reached.add(card.task.id);
      card.options.forEach(({ input, node }, i) => {
        input.disabled = true;
        input.checked = i === answer.choice;
        node.classList.toggle("lmm-right", input.checked && answer.right);
        node.classList.toggle("lmm-wrong", input.checked && !answer.right);
      });
      card.commit.hidden = true;
      tell(card, answer.right, answer.right ? "✓" : "✗", answer.text);
    }
    mark();
  }
  node.hidden = !tasks.length;
  turn(0);
  return { node, show };
}

// The state of a bench as a link; only Voila's pages keep a query.
const inVoila = () =>
  !document.querySelector(".jp-LabShell, .jp-NotebookShell") &&
  (document.body.dataset.voila !== undefined || location.pathname.includes("/voila/"));

function makeLinks(about, get, isMine) {
  const specs = about.controls.filter((spec) => !RESERVED.includes(spec.name));
  const own = (name) => `${about.name}.${name}`;
  const alone = () =>
    new Set([...document.querySelectorAll(".lmm-bench")].map((bench) => bench.dataset.name)).size < 2;

  function query() {
    const parameters = new URLSearchParams(location.search);
    const single = alone();
    for (const spec of specs) {
      const value = get(spec.name);
      const shared = !single && parameters.has(spec.name);
      parameters.delete(own(spec.name));
      if (single) parameters.delete(spec.name);
      if (value !== spec.default || shared) parameters.set(single ? spec.name : own(spec.name), value);
    }
    return parameters;
  }
  const address = (parameters) => {
    const text = parameters.toString();
    return location.origin + location.pathname + (text ? `?${text}` : "") + location.hash;
  };
  return {
    // Values that the page's address names, and sentences about those that had to be changed.
    read() {
      const parameters = new URLSearchParams(location.search);
      const [values, sentences] = [{}, []];
      for (const spec of specs) {
        const text = parameters.get(own(spec.name)) ?? parameters.get(spec.name);
        if (text === null) continue;
        if (typeof spec.default === "string") {
          const allowed = !spec.choices.length || spec.choices.some(([value]) => value === text);
          if (allowed) values[spec.name] = text;
          else sentences.push(`The link gives “${text}” for ${spec.label}, which is none of its choices.`);
          continue;
        }
        const number = read(spec, text);
        if (number !== number) {
          sentences.push(`The link gives “${text}” for ${called(spec)}, which is not a number.`);
          continue;
        }
        const [taken, sentence] = fitted(spec, number);
        values[spec.name] = taken;
        if (sentence) sentences.push(`In the link: ${sentence}`);
      }
      return [values, sentences.join(" ")];
    },
    write: () => history.replaceState(history.state, "", address(query())),
    copied() {
      const parameters = query();
      parameters.delete("token");
      return address(parameters);
    },
  };
}

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

let benches = 0;

function render({ model, el }) {
  const about = model.get("_about");
  const scene = model.get("_scene");
  scene.asked ??= {}; // name -> number of the newest request that set it
  const id = `lmm-${Date.now().toString(36)}-${benches++}`;
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
    saveLink();
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
    const onMove = (value) => value !== null && move({ [spec.name]: value }, simple);
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
  const onChange = new Map([...specs.keys()].map((name) => [name, () => showControls()]));
  for (const [name, changed] of onChange) {
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
  let [heardLast, announceTimer, toSay] = [0, 0, ""];
  function announce(text) {
    toSay = text;
    clearTimeout(announceTimer);
    announceTimer = setTimeout(() => {
      heardLast = performance.now();
      live.textContent = toSay;
    }, Math.max(200, heardLast + 1000 - performance.now()));
  }

  // People: pointing lights up a person everywhere at once; choosing also tells the kernel.
  let [hot, picked, pickedAt] = ["", null, 0];
  const chosen = () => picked ?? scene.chosen;
  function lightUp() {
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
    plot.addEventListener("click", (event) => choose(whoIsAt(event.clientX, event.clientY, 24)));
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
    "data-lm-suppress-shortcuts": "true", "data-jupyter-suppress-context-menu": true,
  },
    html("header", { class: "lmm-title" },
      html("h2", {}, about.title), ...(about.lead ? [html("p", {}, about.lead)] : [])),
    desk,
    html("footer", {}, line, seed), live, hint,
  );
  rest.append(tasks.node, side);

  let panels = [];
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
    const tall = ({ node, spec }) => inside(node) / spec.aspect;
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
  let [frame, glideAt, glide, codes] = [0, 0, null, new Float32Array()];
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
    const fresh = [isNew("headings"), isNew("notes"), isNew("states"), isNew("answers"), isNew("chosen")];
    if (fresh[0]) for (const [name, { heading }] of groups) heading.textContent = scene.headings[name] ?? name;
    if (fresh[1]) for (const [name, control] of controls) control.note(scene.notes[name] ?? "");
    if (fresh[2] || fresh[3]) tasks.show(scene.answers, scene.states);
    if (picked !== null && scene.heard >= pickedAt) picked = null;
    if (fresh[4] || picked === null) lightUp();
    root.classList.toggle("lmm-stale", scene.stale || Boolean(spoken.dead));
    const text = spoken.dead || spoken.lost || spoken.silent || spoken.own || scene.message;
    if (message.textContent !== text) message.textContent = text;
    const told = [text, ...scene.words.map(plain)].filter(Boolean).join(" ");
    if (told !== painted.told) {
      if (painted.told !== undefined) announce(told);
      painted.told = told;
      for (const { plot, spec } of panels) plot.setAttribute("aria-label", `${spec.title}. ${told}`);
    }
  }
  let target = codes;

  function build() {
    for (const { node } of panels) node.remove();
    panels = scene.structure.map(makePanel);
    panels.forEach((panel, i) => {
      if (i > 1) side.append(panel.node);
      if (!panel.people.length) return;
      listen(panel);
      panel.plot.setAttribute("aria-describedby", hint.id);
    });
    [codes, target, glide, painted.axes, painted.labels, painted.told] = [new Float32Array(), codes, null];
    if (panels.length > 1) top.append(panels[0].node, panels[1].node);
    else if (panels.length) top.append(panels[0].node);
    lightUp();
    scene.axes.forEach((axes, i) => panels[i].setAxes(axes));
    arrange();
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

  const sizes = new ResizeObserver(() => arrange());
  el.append(root);
  sizes.observe(root);
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
