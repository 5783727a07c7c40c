// What the bench says beside its words: the message line, and what is read out to who cannot see.
function makeVoice(onChange) {
  const message = html("p", { class: "lmm-message" });
  const live = html("div", { class: "lmm-unseen", "aria-live": "polite" });
  const troubles = { dead: "", lost: "", silent: "", own: "" }; // the worst one first
  let [saidAt, timer, next] = [0, 0, ""];

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
      if (message.textContent !== text) message.textContent = text;
      return text;
    },
    // Read out the newest text, at most once a second.
    announce(text) {
      next = text;
      timer ||= setTimeout(() => {
        [timer, saidAt] = [0, performance.now()];
        live.textContent = next;
      }, Math.max(300, saidAt + 1000 - performance.now()));
    },
    stop: () => clearTimeout(timer),
  };
}
