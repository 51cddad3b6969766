/* Forms that are sent as a whole: without a connection nothing is sent, and nothing typed is lost. Pages work without it. */
"use strict";

(function sending() {
  const words = document.body.dataset;
  const LONGEST_ANSWER = 5000;
  const BETWEEN_TRIES = 3000;
  /* After so long somebody may press again: the answer was stopped on its way. */
  const UNDER_WAY = 15000;
  /* The form that waits for a connection, and the button that was pressed. */
  let waiting = null;

  /* On pages of participants the server itself is asked: a device may be connected to nothing. */
  async function reached() {
    if (!navigator.onLine) return false;
    if (!words.reach) return true;
    try {
      return (await fetch(words.reach, { cache: "no-store", signal: AbortSignal.timeout(LONGEST_ANSWER) })).ok;
    } catch {
      return false;
    }
  }

  function say(text, kind) {
    let box = document.querySelector("[data-connection]");
    if (!box) {
      box = document.createElement("div");
      box.dataset.connection = "";
      waiting.form.before(box);
    }
    box.className = `notice notice-${kind}`;
    box.setAttribute("role", "alert");
    const line = document.createElement("p");
    line.textContent = text;
    box.replaceChildren(line);
    box.scrollIntoView({ block: "nearest" });
  }

  function go(form, button) {
    form.dataset.goes = "";
    if (button?.isConnected) form.requestSubmit(button);
    else form.requestSubmit();
  }

  async function again() {
    if (!waiting || !(await reached())) return;
    if (words.reach) go(waiting.form, waiting.button);
    else say(words.online, "due");
    waiting = words.reach ? null : waiting;
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent !== undefined) { event.preventDefault(); return; }
    if (navigator.onLine && (!words.reach || form.dataset.goes !== undefined)) {
      delete form.dataset.goes;
      form.dataset.sent = "";
      setTimeout(() => delete form.dataset.sent, UNDER_WAY);
      return;
    }
    event.preventDefault();
    // Whoever listens after this must know that nothing leaves: drafts stay, for one.
    const button = event.submitter;
    if (await reached()) { go(form, button); return; }
    waiting = { form, button };
    say(words.offline, "late");
  });
  window.addEventListener("online", again);
  if (words.reach) setInterval(again, BETWEEN_TRIES);
  // The way back may show the page as it was left.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("[data-sent]")) delete form.dataset.sent;
  });
})();
