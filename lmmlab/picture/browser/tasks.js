// Tasks, one at a time: predictions that are answered once they are committed, and states to reach.
function makeTasks({ tasks, title: about }, id, onCommit, onDone) {
  const reached = new Set();
  let at = 0;
  const cards = tasks.map((task, number) => {
    const reply = html("div", { class: "lmm-reply", tabindex: -1 });
    const node = html("div", { class: "lmm-task", "data-task": task.id });
    if (task.kind === "do") {
      node.append(html("p", {}, task.text), reply);
      return { node, task, reply };
    }
    const card = { node, task, reply, turn: 0, number };
    card.again = makeButton("another one", () => onCommit(task.id, { turn: card.turn, again: 1 }));
    ask(card, task);
    return card;
  });

  // Put a question on its card, in place of the one before.
  function ask(card, task) {
    const name = `${id}-${card.number}`;
    const commit = (choice) => onCommit(task.id, { turn: card.turn, choice });
    const complain = (text) => {
      tell(card, false, "○", text);
      onDone(text);
    };
    card.task = task;
    card.question = makeQuestion(task, name, commit, complain);
    card.again.hidden = true;
    card.node.replaceChildren(card.question.node, card.reply, card.again);
    tell(card, false, "", "");
  }
  const title = html("h3");
  const steps = tasks.map((task, i) => {
    const step = html("button", { type: "button", class: "lmm-step" }, String(i + 1));
    step.addEventListener("click", () => turn(i));
    return step;
  });
  const node = html("section", { class: "lmm-card lmm-tasks" },
    html("header", {}, title, html("nav", { "aria-label": `Questions: ${about}` }, ...(tasks.length > 1 ? steps : []))),
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
    card.reply.replaceChildren(...(text ? [html("span", { class: "lmm-sign", "aria-hidden": "true" }, sign), text] : []));
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
      if (!answer || !card.question || answer.turn === card.turn) continue;
      card.turn = answer.turn;
      const wasHere = card.question.has() || document.activeElement === card.again;
      const asked = answer.asked ?? card.task;
      if (JSON.stringify(asked) !== JSON.stringify(card.task)) {
        ask(card, asked);
        if (wasHere) card.node.querySelector("input").focus();
      }
      if (answer.choice === undefined) continue;
      tell(card, answer.right, answer.right ? "✓" : answer.open ? "○" : "✗", answer.text);
      if (answer.open) onDone(answer.text);
      else {
        reached.add(card.task.id);
        card.again.hidden = !card.task.again;
        if (wasHere) card.reply.focus(); // which also reads it out
      }
      card.question.show(answer);
    }
    mark();
  }
  // What was right on another day stays marked.
  function setRight(names) {
    for (const name of names) reached.add(name);
    mark();
  }
  node.hidden = !tasks.length;
  turn(0);
  return { node, setStates, setAnswers, setRight };
}
