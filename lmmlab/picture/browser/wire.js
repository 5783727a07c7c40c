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
  let [lastSent, lastReply, lastHeard, quietSince, patience] = [0, 0, 0, 0, 2000];
  let timer = 0;

  function ask(values, more = {}) {
    if (!underWay.size && !next) [best, lastReply, quietSince] = [Infinity, 0, performance.now()];
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
  function hear(n, ms = 0) {
    const now = (lastHeard = performance.now());
    const full = underWay.size >= limit || next;
    const mine = underWay.get(n);
    for (const number of underWay.keys()) if (number <= n) underWay.delete(number);
    if (mine) {
      best = Math.min(best, now - mine.sent);
      work += 0.2 * (ms - work);
      if (full && lastReply) pace += 0.2 * (Math.min(now - lastReply, 500) - pace);
      lastReply = now;
      // Two more than cover the round trip, since replies come in bursts; none where they would queue.
      const cover = Math.ceil(best / Math.max(FRAME, pace));
      limit = work > FRAME ? Math.min(Math.max(cover, 1), 8) : Math.min(cover + 2, 8);
      [quietSince, patience] = [now, 2000];
    }
    pump();
  }

  // Send all that is not answered once more, as one request, and ask for the whole.
  function again() {
    const lost = [...underWay.values()].map(({ content }) => content);
    if (next) lost.push(next);
    next = Object.assign({}, ...lost, { v: Object.assign({}, ...lost.map(({ v }) => v)), full: 1 });
    underWay.clear();
    pump();
  }

  const quiet = () => (underWay.size || next ? performance.now() - quietSince : 0);
  const clock = setInterval(() => {
    onSilence(quiet() > GRACE);
    if (!underWay.size || performance.now() - lastSent < patience) return;
    patience = Math.min(patience * 1.5, 5000);
    again();
  }, 250);

  return {
    ask, hear, again,
    quiet, // how long requests have been without an answer, ms
    idle: () => performance.now() - lastHeard,
    waiting: (name) => next !== null && name in next.v,
    stop() {
      clearInterval(clock);
      clearTimeout(timer);
    },
  };
}
