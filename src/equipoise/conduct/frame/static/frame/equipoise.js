/* What pages do beyond plain HTML. Everything works without it but autosave, keys and drafts. */
"use strict";

/* ---------- Keys: j and k move, Enter opens, s saves, / searches ---------- */
(function keys() {
  const typing = (target) => target.closest("input, select, textarea, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      const save = (event.ctrlKey || event.metaKey) && event.key === "s";
      const button = document.querySelector("[data-save]");
      if (save && button) { event.preventDefault(); button.click(); }
      return;
    }
    if (typing(event.target)) return;
    if (event.key === "/") {
      const search = document.querySelector("[data-search]");
      if (search) { event.preventDefault(); search.focus(); }
    } else if (event.key === "s") {
      document.querySelector("[data-save]")?.click();
    } else if (event.key === "j" || event.key === "k") {
      const rows = [...document.querySelectorAll("[data-open] a, a[data-step]")];
      if (!rows.length) return;
      const now = rows.indexOf(document.activeElement);
      const next = event.key === "j" ? Math.min(now + 1, rows.length - 1) : Math.max(now - 1, 0);
      rows[next].focus();
    }
  });
})();

/* ---------- Drafts: what is not yet on the server, encrypted on this device ---------- */
const drafts = (function drafts() {
  const PREFIX = "equipoise-draft:";
  const KEY = "equipoise-draft-key";
  const possible = Boolean(window.crypto?.subtle && window.localStorage && window.sessionStorage);
  const text = new TextEncoder();
  const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
  const bytes = (base) => Uint8Array.from(atob(base), (one) => one.charCodeAt(0));

  async function key() {
    let raw = sessionStorage.getItem(KEY);
    if (!raw) {
      raw = base64(crypto.getRandomValues(new Uint8Array(32)));
      sessionStorage.setItem(KEY, raw);
    }
    return crypto.subtle.importKey("raw", bytes(raw), "AES-GCM", false, ["encrypt", "decrypt"]);
  }

  async function keep(name, value) {
    if (!possible) return false;
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await crypto.subtle.encrypt(
      { name: "AES-GCM", iv, additionalData: text.encode(name) }, await key(), text.encode(JSON.stringify(value)));
    try {
      localStorage.setItem(PREFIX + name, base64(iv) + "." + base64(sealed));
      return true;
    } catch {
      return false;
    }
  }

  async function find(name) {
    const kept = possible && localStorage.getItem(PREFIX + name);
    if (!kept) return null;
    try {
      const [iv, sealed] = kept.split(".").map(bytes);
      const opened = await crypto.subtle.decrypt(
        { name: "AES-GCM", iv, additionalData: text.encode(name) }, await key(), sealed);
      return JSON.parse(new TextDecoder().decode(opened));
    } catch {
      forget(name);
      return null;
    }
  }

  function forget(name) { localStorage.removeItem(PREFIX + name); }

  function forgetAll() {
    for (const name of Object.keys(localStorage)) if (name.startsWith(PREFIX)) localStorage.removeItem(name);
    sessionStorage.removeItem(KEY);
  }

  return { possible, keep, find, forget, forgetAll };
})();

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-sign-out]")) drafts.forgetAll();
});

/* ---------- The form page: autosave that survives a lost connection and says so ---------- */
(function capture() {
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const status = form.querySelector("[data-status]");
  const words = form.dataset;
  const draft = `${words.viewer}:${words.form}`;
  const changed = new Set();
  const lost = new Set();
  const clashes = new Set();
  let timer = null;
  let sending = false;
  let wait = 2000;

  const keyOf = (control) => control.name.split(":").slice(1).join(":");
  const fieldOf = (key) => form.querySelector(`[data-field="${CSS.escape(key)}"]`);
  const say = (kind, message) => {
    status.className = `state state-${kind}`;
    status.textContent = message;
  };

  function answersOf(keys) {
    const body = new URLSearchParams();
    const data = new FormData(form);
    for (const key of keys) {
      for (const kind of ["a", "s", "m", "u", "r"]) {
        const name = `${kind}:${key}`;
        if (form.elements[name] === undefined) continue;
        const values = data.getAll(name);
        body.append(name, values.length ? values[values.length - 1] : "");
      }
    }
    return body;
  }

  function touch(event) {
    if (!event.target.name || !/^[amur]:/.test(event.target.name)) return;
    changed.add(keyOf(event.target));
    say("in_progress", words.saving);
    clearTimeout(timer);
    timer = setTimeout(send, event.type === "change" ? 150 : 1200);
  }
  form.addEventListener("input", touch);
  form.addEventListener("change", touch);
  form.elements.reason?.addEventListener("change", () => { if (changed.size) send(); });

  const reason = form.elements.reason;
  const mayGo = () => words.reason === undefined || Boolean(reason && reason.value.trim());

  async function send() {
    if (sending || !changed.size) return;
    if (!mayGo()) {
      say("due", words.needReason);
      await drafts.keep(draft, [...answersOf(changed).entries()]);
      return;
    }
    sending = true;
    const keys = [...changed];
    const body = answersOf(keys);
    await drafts.keep(draft, [...body.entries()]);
    if (reason) body.append("reason", reason.value);
    try {
      const response = await fetch(words.autosave, {
        method: "POST",
        body,
        headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, Accept: "application/json" },
        credentials: "same-origin",
        redirect: "manual",
      });
      if (response.type === "opaqueredirect" || response.status === 401) {
        say("late", words.signInAgain);
        showSignIn();
      } else if (response.status === 403) {
        say("late", words.refused);
      } else if (!response.ok && response.status !== 409 && response.status !== 503) {
        throw new Error(String(response.status));
      } else {
        const answer = await response.json();
        apply(answer);
        if (answer.problem) throw new Error(answer.problem);
        // What was refused or contested stays typed, in the page and in the draft, until it is mended.
        const kept = Object.entries(answer.items).filter(([, item]) => item.seq !== undefined).map(([key]) => key);
        const emptied = keys.filter((key) => !kept.includes(key) && !answer.items[key]?.problem && !clashes.has(key));
        [...kept, ...emptied].forEach((key) => changed.delete(key));
        const unsaved = keys.filter((key) => changed.has(key));
        unsaved.forEach((key) => { changed.delete(key); lost.add(key); });
        kept.forEach((key) => lost.delete(key));
        wait = 2000;
        if (!changed.size && !lost.size) drafts.forget(draft);
      }
    } catch {
      say("late", drafts.possible ? words.offline : words.offlineUnsafe);
      wait = Math.min(wait * 2, 30000);
      timer = setTimeout(send, wait);
    }
    sending = false;
    if (changed.size && status.classList.contains("state-complete")) timer = setTimeout(send, 300);
  }

  function showSignIn() {
    const link = form.querySelector("[data-sign-in]");
    if (link) link.hidden = false;
  }

  function apply(answer) {
    for (const [key, item] of Object.entries(answer.items ?? {})) {
      const seq = form.elements[`s:${key}`];
      if (seq && item.seq !== undefined) seq.value = item.seq;
      const field = fieldOf(key);
      if (!field) continue;
      const line = field.querySelector("[data-problem]");
      if (line) { line.textContent = item.problem ?? ""; line.hidden = !item.problem; }
      field.classList.toggle("field-problem", Boolean(item.problem));
    }
    for (const field of form.querySelectorAll("[data-field]")) {
      if (answer.hidden) field.hidden = answer.hidden.includes(field.dataset.field);
    }
    for (const [name, value] of Object.entries(answer.scores ?? {})) {
      const place = document.querySelector(`[data-score="${CSS.escape(name)}"]`);
      if (place) place.textContent = value;
    }
    const alerts = document.querySelector("[data-alerts]");
    for (const alert of answer.alerts ?? []) {
      if (alerts.querySelector(`[data-alert="${CSS.escape(alert.rule)}"]`)) continue;
      const box = document.createElement("div");
      box.className = "notice notice-late";
      box.dataset.alert = alert.rule;
      box.setAttribute("role", "alert");
      const head = document.createElement("h2");
      head.textContent = alert.title;
      const text = document.createElement("p");
      text.textContent = alert.instruction;
      box.append(head, text);
      if (alert.failed) {
        const failed = document.createElement("p");
        failed.className = "strong";
        failed.textContent = alert.failed;
        box.append(failed);
      }
      alerts.append(box);
      box.scrollIntoView({ block: "nearest" });
    }
    if (answer.progress) {
      const place = document.querySelector("[data-progress]");
      if (place) place.textContent = answer.progress;
    }
    for (const clash of answer.conflicts ?? []) contest(clash);
    if (answer.problem) say("late", answer.problem);
    else if (clashes.size) say("late", words.conflict);
    else if (answer.refused) say("late", words.notSaved);
    else say("complete", `${words.saved} ${new Date().toTimeString().slice(0, 5)}`);
  }

  /* Two people answered at once: show both answers, let this person choose. */
  function contest(clash) {
    const field = fieldOf(clash.key);
    const line = field?.querySelector("[data-problem]");
    if (!line) return;
    clashes.add(clash.key);
    field.classList.add("field-problem");
    line.hidden = false;
    line.textContent = clash.message + " ";
    const choose = (label, act) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button-plain";
      button.textContent = label;
      button.addEventListener("click", () => {
        form.elements[`s:${clash.key}`].value = clash.seq;
        clashes.delete(clash.key);
        lost.delete(clash.key);
        line.hidden = true;
        field.classList.remove("field-problem");
        act();
      });
      line.append(button, " ");
    };
    choose(words.mine, () => { changed.add(clash.key); send(); });
    choose(words.theirs, () => {
      const answer = form.elements[`a:${clash.key}`];
      if (answer) answer.value = clash.theirs;
      const missing = form.elements[`m:${clash.key}`];
      if (missing) missing.value = clash.missing;
      say("complete", words.saved);
      if (!lost.size && !changed.size) drafts.forget(draft);
    });
  }

  async function restore() {
    const kept = await drafts.find(draft);
    if (!kept) return;
    for (const [name, value] of kept) {
      if (!/^[amu]:/.test(name)) continue;
      const control = form.elements[name];
      if (!control) continue;
      if (control instanceof RadioNodeList) control.value = value;
      else if (control.type !== "checkbox") control.value = value;
      changed.add(name.split(":").slice(1).join(":"));
    }
    if (changed.size) {
      say("due", words.restored);
      timer = setTimeout(send, 500);
    }
  }

  // What was typed goes to the server before the page is left; without a connection the page stays.
  form.addEventListener("submit", async (event) => {
    if (!changed.size || !mayGo()) return;
    event.preventDefault();
    clearTimeout(timer);
    while (sending) await new Promise((resolve) => setTimeout(resolve, 50));
    await send();
    if (!changed.size && !lost.size && !clashes.size) form.requestSubmit(event.submitter);
  });
  window.addEventListener("online", () => { wait = 2000; send(); });
  window.addEventListener("focus", () => { if (changed.size) send(); });
  window.addEventListener("beforeunload", (event) => { if (changed.size || lost.size) event.preventDefault(); });
  restore();
})();
