const RESERVED = ["token", "theme", "template", "classic-tree", "embed"]; // words of the server, and ours

// The state of a bench as a link; only Voila's pages keep a query.
const inVoila = () =>
  document.body.dataset.voila !== undefined || location.pathname.includes("/voila/");

function makeLinks(about, get) {
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
        if (isText(spec)) {
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
    // "embed=shrinkage" leaves this lab alone on its page.
    alone(root) {
      document.documentElement.classList.add("lmm-embedded");
      root.closest(".jp-Cell")?.classList.add("lmm-kept");
    },
    embedded: new URLSearchParams(location.search).get("embed") === about.name,
    write: () => history.replaceState(history.state, "", address(query())),
    copied() {
      const parameters = query();
      parameters.delete("token");
      return address(parameters);
    },
  };
}

// Elsewhere no link keeps the state: when Python stops, it is left for the next bench that starts as
// this one did, in this tab.
function makeLegacy(about, get, stopped) {
  const start = Object.fromEntries(about.controls.map((spec) => [spec.name, spec.default]));
  const key = `lmmlab.left.${about.name}.${JSON.stringify(start)}`;
  return {
    read() {
      const left = kept(() => sessionStorage.getItem(key));
      if (!left) return [{}, ""];
      kept(() => sessionStorage.removeItem(key));
      return [JSON.parse(left), "The sliders stand where they stood when Python stopped; reset brings them to the start."];
    },
    write() {
      const moved = Object.keys(start).filter((name) => get(name) !== start[name]);
      if (!stopped() || !moved.length) return;
      kept(() => sessionStorage.setItem(key, JSON.stringify(Object.fromEntries(moved.map((name) => [name, get(name)])))));
    },
  };
}

// What a browser's store says, or null where it keeps nothing.
function kept(act) {
  try {
    return act();
  } catch {
    return null;
  }
}

// Copy a text; false where the browser does not let us.
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
