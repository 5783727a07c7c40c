// Numbers as people write them.
const digits = (spec) => (String(spec.step).split(".")[1] ?? "").length;

function written(spec, value) {
  let fixed = digits(spec);
  while (fixed < 6 && Math.abs(+value.toFixed(fixed) - value) > 1e-9) fixed++;
  const text = value.toFixed(fixed).replace("-", "−");
  return spec.signed && value > 0 ? `+${text}` : text;
}

// What somebody typed, with its unit or without; a share also in per cent.
function read(spec, text) {
  let bare = text.trim();
  if (spec.unit && bare.endsWith(spec.unit)) bare = bare.slice(0, -spec.unit.length).trim();
  if (spec.whole) bare = bare.replace(/(\d),(?=\d{3}(\D|$))/g, "$1");
  bare = bare.replace("−", "-").replace(",", ".");
  if (!spec.unit && bare.endsWith("%")) return Number((read({ unit: "%" }, bare) / 100).toPrecision(12));
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(bare) ? Number(bare) : NaN;
}

const isText = (spec) => typeof spec.default === "string";
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
  if (spec.whole && !Number.isInteger(value)) {
    taken = Math.round(value);
    return [taken, `${name} is a whole number; ${now()}`];
  }
  return [taken, ""];
}

// A slider with its typed value. While a hand holds the thumb, nothing else moves it.
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
  let [held, value, at] = [false, spec.default, spec]; // `at`: the spec with the range that is shown

  function rescale([low, high, step]) {
    if (at.low === low && at.high === high && at.step === step) return;
    at = { ...spec, low, high, step };
    Object.assign(range, { min: low, max: high, step });
  }
  function show(newValue) {
    value = newValue;
    if (!held) range.value = value;
    range.setAttribute("aria-valuetext", withUnit(spec, written(at, value)));
    const share = (Math.min(Math.max(value, at.low), at.high) - at.low) / (at.high - at.low);
    range.style.setProperty("--share", `${100 * share}%`);
    if (document.activeElement !== typed || typed.value === typed.defaultValue) fill();
  }
  function fill() {
    typed.value = typed.defaultValue = written(at, value);
    typed.style.width = `${Math.max(3, typed.value.length + 0.6)}ch`;
  }
  function release() {
    if (!held) return;
    held = false;
    show(value);
  }
  range.addEventListener("pointerdown", () => (held = true));
  range.addEventListener("input", () => onMove(Number(range.value)));
  for (const end of ["change", "pointerup", "pointercancel", "blur"]) range.addEventListener(end, release);
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
    onMove(taken);
    fill();
    say(sentence);
  });
  show(value);
  return { node, show, rescale, note: (text) => (note.textContent = text) };
}

// A choice of a few: real radio buttons that look like one strip.
function makeChoice(spec, id, onMove) {
  const options = spec.choices.map(([value, label]) => {
    const input = html("input", { type: "radio", name: id, value, autocomplete: "off" });
    input.addEventListener("change", () => onMove(value));
    return { input, node: html("label", {}, input, html("span", {}, label)) };
  });
  const note = html("p", { class: "lmm-note" });
  const node = html("fieldset", { class: `lmm-choice ${roleClass(spec.role)}`, "data-name": spec.name },
    html("legend", {}, ...(spec.symbol ? [html("b", {}, spec.symbol), " "] : []), spec.label),
    html("div", { class: options.length > 4 ? "lmm-strip lmm-many" : "lmm-strip" }, ...options.map((option) => option.node)), note,
  );
  return {
    node,
    show: (value) => options.forEach(({ input }) => (input.checked = input.value === value)),
    note: (text) => (note.textContent = text),
  };
}

// Does a control matter while the others stand as they do? "source=simulated" names the condition,
// "source=gad7|qol" two values that will do.
function matters({ shown }, get) {
  const [other, wanted] = shown.split("=");
  return !other || wanted.split("|").includes(String(get(other)));
}

// The range that a slider shows while the others stand as they do.
function scaleOf(spec, get) {
  const found = Object.entries(spec.scales).find(([shown]) => matters({ shown }, get));
  return found ? found[1] : [spec.low, spec.high, spec.step];
}

// All controls of a bench, in the cards of their groups.
function makeControls(about, id, get, move, say) {
  const controls = new Map();
  const groups = new Map();
  const specs = about.controls.filter((spec) => !spec.hidden && (spec.choices.length || !isText(spec)));
  for (const spec of specs) {
    const onMove = (value) => move({ ...spec.sets[value], [spec.name]: value }, isText(spec));
    const make = isText(spec) ? makeChoice : makeSlider;
    const control = make(spec, `${id}-${spec.name}`, onMove, say);
    controls.set(spec.name, control);
    if (!groups.has(spec.group)) {
      const heading = html("h3", {}, spec.group);
      const node = html("section", { class: "lmm-card lmm-group" }, heading);
      groups.set(spec.group, { heading, node, members: [] });
    }
    const group = groups.get(spec.group);
    group.members.push(control);
    group.node.append(control.node);
  }
  return {
    nodes: [...groups.values()].map(({ node }) => node),
    show() {
      for (const spec of specs) {
        const { node, show, rescale } = controls.get(spec.name);
        rescale?.(scaleOf(spec, get));
        show(get(spec.name));
        node.hidden = !matters(spec, get);
      }
      for (const { node, members } of groups.values()) {
        node.hidden = members.every((control) => control.node.hidden);
      }
    },
    setNotes(notes) {
      for (const [name, { note }] of controls) note(notes[name] ?? "");
    },
    setHeadings(headings) {
      for (const [name, { heading }] of groups) heading.textContent = headings[name] ?? name;
    },
  };
}
