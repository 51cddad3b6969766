/* The form page: autosave that survives a lost connection and says so. Without it the form is sent as a whole. */
"use strict";

(function capture() {
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const status = form.querySelector("[data-status]");
  const words = form.dataset;
  const draft = `${words.viewer}:${words.form}`;
  const reason = form.elements.reason;
  /* Keys of answers: edited since they were last sent (with how often), refused as they stand, contested. */
  const edits = new Map();
  const refused = new Set();
  const clashes = new Set();
  const FIRST_WAIT = 2000;
  const LONGEST_WAIT = 30000;
  const LONGEST_ANSWER = 20000;
  const WHILE_TYPING = 3000;
  const AFTER_CHOOSING = 150;
  const MINUTES = "2026-11-23T10:00".length;
  const spanish = document.documentElement.lang === "es";
  let timer = null;
  let sending = null;
  let wait = FIRST_WAIT;

  const keyOf = (control) => control.name.split(":").slice(1).join(":");
  const fieldOf = (key) => form.querySelector(`[data-field="${CSS.escape(key)}"]`);
  const clock = () => new Intl.DateTimeFormat(document.documentElement.lang, {
    timeZone: words.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date());
  const mayGo = () => words.reason === undefined || Boolean(reason?.value.trim());
  const unsaved = () => edits.size + refused.size + clashes.size > 0;
  const say = (kind, message) => {
    status.className = `state state-${kind}`;
    status.textContent = message;
  };
  const later = (milliseconds) => {
    clearTimeout(timer);
    timer = setTimeout(send, milliseconds);
  };

  function put(name, value) {
    const control = form.elements[name];
    if (control instanceof RadioNodeList) for (const one of control) one.checked = one.value === value;
    else if (control?.type === "radio") control.checked = control.value === value;
    else if (control) control.value = control.type === "datetime-local" ? String(value).slice(0, MINUTES) : value;
  }

  function answersOf(keys) {
    const data = new FormData(form);
    const found = [];
    for (const key of keys) {
      for (const kind of ["a", "s", "m"]) {
        const name = `${kind}:${key}`;
        if (form.elements[name] !== undefined) found.push([name, data.get(name) ?? ""]);
      }
    }
    return found;
  }

  const keepDraft = () => drafts.keep(draft, answersOf(new Set([...edits.keys(), ...refused, ...clashes])));

  function edited(key, soon) {
    edits.set(key, (edits.get(key) ?? 0) + 1);
    refused.delete(key);
    watch();
    if (!mayGo()) {
      say("due", words.needReason);
      keepDraft();
      return;
    }
    if (!sending) say("in_progress", words.saving);
    later(soon ? AFTER_CHOOSING : WHILE_TYPING);
  }

  function touch(event) {
    const control = event.target;
    if (!/^[am]:/.test(control.name ?? "")) return;
    // A day or time half typed is no answer yet.
    if (control.validity?.badInput) return;
    const key = keyOf(control);
    // An answer and a reason for having none exclude each other.
    if (control.name.startsWith("m:") && control.value) put(`a:${key}`, "");
    if (control.name.startsWith("a:") && control.value) put(`m:${key}`, "");
    edited(key, event.type === "change");
  }
  form.addEventListener("input", touch);
  form.addEventListener("change", touch);
  reason?.addEventListener("change", () => { if (edits.size) send(); });
  for (const button of form.querySelectorAll("[data-clear]")) {
    const key = button.closest("[data-field]").dataset.field;
    button.hidden = false;
    button.addEventListener("click", () => {
      put(`a:${key}`, "");
      put(`m:${key}`, "");
      edited(key, true);
    });
  }

  function send() {
    clearTimeout(timer);
    if (!sending) sending = attempt().finally(() => { sending = null; });
    return sending;
  }

  async function attempt() {
    if (!edits.size || !mayGo()) return;
    const sent = new Map(edits);
    const fields = Object.fromEntries(answersOf(sent.keys()));
    if (reason) fields.reason = reason.value;
    const body = JSON.stringify(fields);
    const kept = await keepDraft();
    try {
      let response = await post(body);
      if (response.status === 401 || response.status === 403) {
        const renewed = await renew();
        if (renewed) { stop(renewed); return; }
        response = await post(body);
      }
      if (response.status === 403 || response.status === 404) { stop(words.refused); return; }
      if (![200, 409, 413, 423, 503].includes(response.status)) throw new Error(String(response.status));
      const answer = await response.json();
      show(answer);
      if (response.status === 413 || response.status === 423) { stop(answer.problem); return; }
      if (response.status === 503) { retry(answer.problem); return; }
      settle(sent, answer);
    } catch {
      retry(kept ? words.offline : words.offlineUnsafe);
    }
  }

  function post(body) {
    return fetch(words.autosave, {
      method: "POST",
      body,
      headers: {
        "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
        "Content-Type": "application/json",
        Accept: "application/json",
      },
      credentials: "same-origin",
      redirect: "manual",
      signal: AbortSignal.timeout(LONGEST_ANSWER),
    });
  }

  /* After a session ended and another began, in this tab or another: take its token, if it is the same person's. */
  async function renew() {
    const response = await fetch(form.action, { credentials: "same-origin", redirect: "manual" });
    if (response.type === "opaqueredirect" || response.status === 401) return words.signInAgain;
    if (response.status >= 500) throw new Error(String(response.status));
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (page.body.dataset.person !== words.viewer) return words.somebodyElse;
    const fresh = page.querySelector("form[data-autosave]");
    if (!fresh) return words.refused;
    form.elements.csrfmiddlewaretoken.value = fresh.elements.csrfmiddlewaretoken.value;
    form.querySelector("[data-sign-in]").hidden = true;
    return "";
  }

  function stop(message) {
    say("late", message);
    if (message === words.signInAgain || message === words.somebodyElse) form.querySelector("[data-sign-in]").hidden = false;
  }

  function retry(message) {
    say("late", message);
    later(wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }

  /* What was stored is done with, unless it was edited again meanwhile; the rest stays typed until it is mended. */
  function settle(sent, answer) {
    wait = FIRST_WAIT;
    for (const [key, count] of sent) {
      if (edits.get(key) !== count) continue;
      edits.delete(key);
      if (answer.refused.includes(key)) refused.add(key);
    }
    if (unsaved()) keepDraft(); else drafts.forget(draft);
    if (edits.size) later(300);
    else if (clashes.size) say("late", words.conflict);
    else if (refused.size) say("late", words.notSaved);
    else say("complete", `${words.saved} ${clock()}`);
  }

  function show(answer) {
    for (const alert of answer.alerts ?? []) warn(alert);
    for (const [key, item] of Object.entries(answer.items ?? {})) {
      if (item.seq !== undefined) put(`s:${key}`, item.seq);
      mark(key, item.problem ?? "");
    }
    if (!answer.problem) {
      for (const field of form.querySelectorAll("[data-field]")) field.hidden = answer.hidden.includes(field.dataset.field);
      for (const [name, value] of Object.entries(answer.scores)) {
        const place = document.querySelector(`[data-score="${CSS.escape(name)}"]`);
        if (place) place.textContent = value;
      }
      document.querySelector("[data-progress]").textContent = answer.progress;
      if (answer.state === "in_progress" && form.querySelector("[data-complete]").hidden) {
        form.querySelector("[data-complete]").hidden = false;
        document.querySelector("[data-state]").replaceChildren(form.querySelector("[data-reopened]").content.cloneNode(true));
      }
    }
    for (const clash of answer.conflicts ?? []) contest(clash);
  }

  function mark(key, problem) {
    const field = fieldOf(key);
    const line = field?.querySelector("[data-problem]");
    if (!line || clashes.has(key)) return;
    line.textContent = problem;
    line.hidden = !problem;
    field.classList.toggle("field-problem", Boolean(problem));
  }

  function warn(alert) {
    const alerts = document.querySelector("[data-alerts]");
    const known = alerts.querySelector(`[data-alert="${CSS.escape(alert.rule)}"]`);
    const box = document.createElement("div");
    box.className = "notice notice-late";
    box.dataset.alert = alert.rule;
    box.setAttribute("role", "alert");
    const line = (tag, text, style) => {
      const one = document.createElement(tag);
      one.textContent = text;
      one.className = style;
      box.append(one);
    };
    line("h2", alert.title, "");
    line("p", alert.instruction, "");
    if (alert.failed) line("p", alert.failed, "strong"); else line("p", alert.notify, "small");
    if (known) known.replaceWith(box); else alerts.append(box);
    if (!known) box.scrollIntoView({ block: "nearest" });
    return box;
  }

  /* Safety rules over these answers: their instruction shows at once, whether or not the server can be reached. */
  const watches = JSON.parse(words.watches);
  const SIGNS = {
    "==": (a, b) => a === b, "!=": (a, b) => a !== b, "<": (a, b) => a < b,
    "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b };

  function holds([kind, ...parts]) {
    if (kind === "and") return parts.every(holds);
    if (kind === "or") return parts.some(holds);
    const [place, constant] = parts;
    const typed = new FormData(form).get(`a:${place}`) ?? "";
    const value = typeof constant === "number" ? Number(spanish ? typed.replace(",", ".") : typed) : typed;
    return typed.trim() !== "" && !Number.isNaN(value) && SIGNS[kind](value, constant);
  }

  function watch() {
    for (const one of watches) {
      const known = document.querySelector(`[data-alert="${CSS.escape(one.rule)}"]`);
      if (holds(one.when)) {
        if (!known) warn(one).dataset.unsent = "";
      } else if (known?.dataset.unsent !== undefined) known.remove();
    }
  }

  /* Two people answered at once: show both answers, let this person choose. */
  function contest(clash) {
    const field = fieldOf(clash.key);
    const line = field?.querySelector("[data-problem]");
    if (!line) return;
    mark(clash.key, clash.message);
    clashes.add(clash.key);
    const choose = (label, act) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button-plain";
      button.textContent = label;
      button.addEventListener("click", () => {
        put(`s:${clash.key}`, clash.seq);
        clashes.delete(clash.key);
        mark(clash.key, "");
        act();
      });
      line.append(" ", button);
    };
    choose(words.mine, () => edited(clash.key, true));
    choose(words.theirs, () => {
      put(`a:${clash.key}`, clash.theirs);
      put(`m:${clash.key}`, clash.missing);
      edits.delete(clash.key);
      settle(new Map(), { refused: [] });
    });
  }

  /* What a control was given since the page came: never what was emptied, which a browser may do by itself. */
  function given(one) {
    if (one.type === "radio" || one.type === "checkbox") return one.checked && !one.defaultChecked;
    if (one.options) return one.selectedIndex > 0 && !one.options[one.selectedIndex].defaultSelected;
    if (one.type === "textarea") return one.value !== "" && one.value !== one.defaultValue;
    const before = one.defaultValue.replace(/[\r\n]/g, "");
    return one.value !== "" && one.value !== (one.type === "text" ? before : before.slice(0, one.value.length));
  }

  /* What was answered before this script was here to see it, as on a slow network. */
  function catchUp() {
    for (const control of form.elements) {
      if (/^[am]:/.test(control.name ?? "") && given(control)) touch({ target: control, type: "change" });
    }
  }

  /* What this tab typed and could not send before it was loaded again, with the versions it was typed over. */
  async function restore() {
    const kept = ((await drafts.find(draft)) ?? []).filter(([name]) => /^[asm]:/.test(name));
    // What was answered since is newer.
    const older = kept.filter(([name]) => !edits.has(name.slice(2)));
    for (const [name, value] of older) {
      put(name, value);
      edits.set(name.slice(2), 1);
    }
    if (!older.length) return;
    say("due", words.restored);
    later(500);
  }

  // What was typed goes to the server before the page is left; without a connection the page stays.
  form.addEventListener("submit", async (event) => {
    if (!unsaved() || !mayGo()) return;
    event.preventDefault();
    if (sending) await sending;
    await send();
    if (!unsaved()) form.requestSubmit(event.submitter);
    else if (!edits.size) form.querySelector(".field-problem")?.scrollIntoView({ block: "center" });
  });
  window.addEventListener("online", () => { wait = FIRST_WAIT; send(); });
  window.addEventListener("focus", () => send());
  window.addEventListener("beforeunload", (event) => { if (unsaved()) event.preventDefault(); });
  catchUp();
  restore();
})();
