// Making elements. Text is always given as text: nothing that comes from data becomes markup.

// Whatever takes keys says that JupyterLab must leave them to it: "a" and "d d" are commands there.
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };

function html(tag, attributes = {}, ...children) {
  const own = tag === "input" || tag === "button" ? OWN_KEYS : {};
  return dress(document.createElement(tag), { ...own, ...attributes }, children);
}

function svg(tag, attributes = {}, ...children) {
  return dress(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function dress(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const roleClass = (role) => `lmm-role-${(role || "ink").replace(":", "-")}`;

// Text with coloured pieces: [[text, role], ...].
function colourful(spans) {
  return spans.map(([text, role]) => (role ? html("em", { class: roleClass(role) }, text) : text));
}

const plain = (spans) => spans.map(([text]) => text).join("");

// A name that no other element of the page has, though each bench loads this module anew.
const fresh = (word) => `lmm-${word}-${Math.random().toString(36).slice(2, 10)}`;

function makeButton(text, act) {
  const node = html("button", { type: "button", class: "lmm-button" }, text);
  node.addEventListener("click", () => act(node));
  return node;
}
