// One question: a few choices or a number to type, and a commitment. What is right, only the kernel
// knows. `show` takes what the kernel says of it.
function makeQuestion(task, name, onCommit, complain) {
  const commit = html("button", { type: "button", class: "lmm-button lmm-commit", disabled: true }, "Commit");
  const blank = (task.kind === "number" ? makeBlank : makeOptions)(task, name, (ready) => (commit.disabled = !ready), send);
  function send() {
    const given = blank.given();
    if (typeof given === "number") onCommit(given);
    else complain(given);
  }
  commit.addEventListener("click", send);
  return {
    node: html("div", {}, blank.node, commit),
    has: () => document.activeElement === commit || blank.has(),
    show(answer) {
      blank.show(answer);
      commit.hidden = !answer.open;
      if (answer.open && document.activeElement === commit) blank.focus();
    },
  };
}

function makeOptions(task, name, onReady) {
  const options = task.choices.map((text, i) => {
    const input = html("input", { type: "radio", name, value: i, autocomplete: "off" });
    input.addEventListener("change", () => onReady(true));
    return { input, node: html("label", { class: "lmm-option" }, input, html("span", {}, text)) };
  });
  return {
    node: html("fieldset", {}, html("legend", {}, task.text), ...makeTable(task), ...options.map(({ node }) => node)),
    given: () => options.findIndex(({ input }) => input.checked),
    has: () => false,
    focus: () => options[0].input.focus(),
    show: (answer) => options.forEach(({ input, node }, i) => {
      input.disabled = true;
      input.checked = i === answer.choice;
      node.classList.toggle("lmm-right", input.checked && answer.right);
      node.classList.toggle("lmm-wrong", input.checked && !answer.right);
    }),
  };
}

function makeBlank(task, name, onReady, onEnter) {
  const input = html("input", {
    type: "text", id: name, inputmode: task.signed ? "text" : "decimal", size: 8, autocomplete: "off", spellcheck: "false",
    "aria-describedby": `${name}-unit`,
  });
  const box = html("span", { class: "lmm-typed" }, input, html("span", { id: `${name}-unit` }, task.unit));
  input.addEventListener("input", () => onReady(input.value.trim() !== ""));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && input.value.trim()) onEnter();
  });
  return {
    node: html("div", { class: "lmm-blank" }, html("label", { for: name }, task.text), ...makeTable(task), box),
    given() {
      const number = read(task, input.value);
      input.setAttribute("aria-invalid", number !== number);
      return number === number ? number : `“${input.value}” is not a number. Write it like 12.5 or 12,5.`;
    },
    has: () => document.activeElement === input,
    focus: () => input.focus(),
    show(answer) {
      input.value = String(answer.choice).replace("-", "−"); // as it was understood
      input.readOnly = !answer.open;
      if (answer.open && document.activeElement === input) input.select();
      box.classList.toggle("lmm-right", answer.right);
      box.classList.toggle("lmm-wrong", !answer.right);
    },
  };
}

// Numbers of a question, with headings above and at the left.
function makeTable({ table = [] }) {
  if (!table.length) return [];
  const [[, ...heads], ...rows] = table;
  const head = (text, scope) => html("th", { scope }, text);
  return [html("table", { class: "lmm-table" },
    html("tr", {}, html("td", {}, table[0][0]), ...heads.map((text) => head(text, "col"))),
    ...rows.map(([text, ...cells]) => html("tr", {}, head(text, "row"), ...cells.map((cell) => html("td", {}, cell)))),
  )];
}
