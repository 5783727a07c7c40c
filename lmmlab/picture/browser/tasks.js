// Tasks, one at a time: predictions that are answered once they are committed, and states to reach.
function makeTasks(tasks, id, onCommit, onDone) {
  const reached = new Set();
  let at = 0;
  const cards = tasks.map((task, number) => {
    const reply = html("div", { class: "lmm-reply", tabindex: -1 });
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
      if (choice >= 0) onCommit(task.id, choice);
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
  function setStates(states) {
    const doing = cards.filter(({ task }) => task.kind === "do");
    doing.forEach((card, i) => {
      const [done, note] = states[i] ?? [false, ""];
      if (done && !reached.has(card.task.id)) {
        reached.add(card.task.id);
        onDone(`Done: ${card.task.text}`);
      }
      tell(card, done, done ? "✓" : "○", `${done ? "Done. " : "Not yet. "}${note}`);
    });
    mark();
  }
  function setAnswers(answers) {
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
      tell(card, answer.right, answer.right ? "✓" : "✗", answer.text);
      if (document.activeElement === card.commit) card.reply.focus(); // which also reads it out
      card.commit.hidden = true;
    }
    mark();
  }
  node.hidden = !tasks.length;
  turn(0);
  return { node, setStates, setAnswers };
}
