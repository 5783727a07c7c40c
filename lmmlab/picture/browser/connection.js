// Is the kernel there, and does it know this bench? What is wrong is said, with what to do; what
// can be mended is.
//
// Jupyter tells of a kernel that was started anew. Of one that the server has ended, and of a network
// that is off, it tells late or never: while nothing is heard from the bench, the server is asked for
// the kernel, once for all benches of a page. That keeps no kernel from being culled. Where nobody
// has ever answered to this (JupyterLite has no server), silence means nothing.
const STOPPED = {
  voila: "Python has stopped behind this lab. You can read on. To go on, reload the page: your sliders and your progress come back.",
  notebook: "Python has stopped behind this lab. Run the cells again (menu Run, Run All Cells): your sliders and your progress come back.",
};
const WAITING =
  "The server does not answer: it was stopped, or the network is off. You can read on; this page is waiting and goes on by itself.";

function watchKernel(kernel, wire, say, onEnd) {
  if (!kernel?.statusChanged) return () => {};
  const [EVERY, UNEASY] = [2500, 1250]; // ms between two questions
  let [known, lost, ended, asking, doubting, soon, askedAt] = [false, false, false, false, false, true, 0];

  function end() {
    ended = true;
    wire.stop();
    say("dead", STOPPED[inVoila() ? "voila" : "notebook"]);
    onEnd();
  }
  function setLost(now) {
    lost = now;
    say("lost", lost ? WAITING : "");
  }

  async function ask() {
    asking = true;
    const detail = { id: kernel.id, state: await find(kernel) };
    asking = false;
    dispatchEvent(new CustomEvent(NEWS, { detail }));
  }
  function judge({ detail: { id, state } }) {
    if (id !== kernel.id || ended || performance.now() < askedAt) return;
    [askedAt, soon, known] = [performance.now(), false, known || Boolean(state) && state !== "gone"];
    if (!known) return;
    if (state === "gone" || kernel.isDisposed) return end();
    const back = state && (lost || kernel.connectionStatus === "disconnected");
    setLost(!state);
    if (back) {
      if (kernel.connectionStatus !== "connected") connect().catch(() => {}); // left alone, Jupyter waits ever longer
      wire.again();
    } else if (state && state !== "busy" && wire.quiet() > 2500) doubt();
  }
  const connect = async () => kernel.reconnect();

  // A kernel that has answered others twice, and not this bench in between, was started anew while
  // nobody listened. If it answers nobody, the line to it is broken, though Jupyter may not know.
  async function doubt() {
    if (doubting) return;
    doubting = true;
    wire.again();
    const answers = async () => {
      for (let i = 0; i < 2; i++) await kernel.requestKernelInfo();
      await after(500);
      return true;
    };
    const answered = await Promise.race([answers().catch(() => false), after(2500)]);
    doubting = false;
    if (ended || wire.quiet() < 2500) return;
    if (answered) end();
    else connect().catch(() => {});
  }

  const clock = setInterval(() => {
    if (ended || asking || document.hidden) return;
    const since = performance.now() - askedAt;
    const uneasy = lost || wire.quiet() > UNEASY;
    if (since < 0) return;
    if (soon || Math.min(since, wire.idle()) > EVERY || (uneasy && since > UNEASY)) ask();
  }, 250);
  const hurry = () => (soon = true);
  const leave = () => (askedAt = performance.now() + 10_000); // Voila ends a kernel before its page has gone
  const onStatus = (_, status) => {
    if (["restarting", "autorestarting", "dead"].includes(status)) end();
  };
  const onConnection = (_, status) => {
    hurry();
    if (!known) setLost(status !== "connected");
  };
  const events = { online: hurry, offline: hurry, beforeunload: leave, [NEWS]: judge };
  for (const [event, act] of Object.entries(events)) addEventListener(event, act);
  kernel.statusChanged.connect(onStatus);
  kernel.connectionStatusChanged?.connect(onConnection);
  return () => {
    ended = true;
    clearInterval(clock);
    for (const [event, act] of Object.entries(events)) removeEventListener(event, act);
    kernel.statusChanged.disconnect(onStatus);
    kernel.connectionStatusChanged?.disconnect(onConnection);
  };
}

const NEWS = "lmmlab-kernel"; // what the server says of a kernel, told to all benches of the page
const after = (ms) => new Promise((go) => setTimeout(go, ms));

// Ask the server for a kernel: what it is doing ("idle", "busy", ...), "gone", or "" without an answer.
async function find({ id, serverSettings: server }) {
  try {
    const answer = await fetch(`${server.baseUrl}api/kernels/${id}?no_track_activity=1`, {
      headers: server.token ? { Authorization: `token ${server.token}` } : {},
      cache: "no-store",
      signal: AbortSignal.timeout(2000),
    });
    if (answer.ok) return (await answer.json()).execution_state ?? "";
    return [403, 404].includes(answer.status) ? "gone" : "";
  } catch {
    return "";
  }
}
