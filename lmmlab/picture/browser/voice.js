// What the bench says beside its words: the message line, and what is read out to who cannot see.
function makeVoice(onChange, onLeave) {
  const message = html("p", { class: "lmm-message" });
  const live = html("div", { class: "lmm-unseen", role: "status", "aria-live": "polite" });
  const reload = makeButton("Reload the page", () => {
    onLeave();
    location.reload();
  });
  const troubles = { dead: "", lost: "", silent: "", own: "" }; // the worst one first
  let [saidAt, timer, event, state] = [0, 0, "", ""];

  // Read out what has happened and what is true now, at most once a second and only the newest.
  function speak() {
    timer ||= setTimeout(() => {
      live.textContent = [event, state].filter(Boolean).join(" ");
      [timer, saidAt, event, state] = [0, performance.now(), "", ""];
    }, Math.max(300, saidAt + 1000 - performance.now()));
  }

  return {
    message, live,
    dead: () => Boolean(troubles.dead),
    say(kind, text) {
      if (troubles[kind] === text) return;
      troubles[kind] = text;
      onChange();
    },
    // Show what is wrong, or else what the scene says; give the text.
    show({ message: note, stale }) {
      const trouble = troubles.dead || troubles.lost || troubles.silent || troubles.own;
      const text = trouble || note;
      message.classList.toggle("lmm-trouble", Boolean(trouble) || stale);
      message.classList.toggle("lmm-failure", Boolean(troubles.dead || troubles.lost || troubles.silent));
      if (message.dataset.text === text) return text;
      message.dataset.text = text;
      message.replaceChildren(text, ...(troubles.dead && inVoila() ? [reload] : []));
      return text;
    },
    happened(text) {
      event = text;
      speak();
    },
    isTrue(text) {
      state = text;
      speak();
    },
    stop: () => clearTimeout(timer),
  };
}
