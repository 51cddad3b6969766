/* Keys: j and k move, Enter opens, s saves, / and Ctrl K find, digits choose an answer. Pages work without it. */
"use strict";

(function keys() {
  // A cookie: what the browser stores is cleared at sign-out, and this choice is the device's.
  const OFF = "equipoise-keys-off=1";
  const KEPT_SECONDS = 31536000;
  const writing = (target) => target.closest("input:not([type=radio], [type=checkbox]), select, textarea, [contenteditable]");
  const box = document.querySelector("[data-keys]");
  const off = () => document.cookie.split("; ").includes(OFF);
  if (box) {
    box.checked = !off();
    box.addEventListener("change", () => {
      document.cookie = `${OFF}; path=/; samesite=lax; max-age=${box.checked ? 0 : KEPT_SECONDS}`;
    });
  }

  /* What j and k go through: the rows of lists, or the questions of a form. */
  function steps() {
    const questions = [...document.querySelectorAll("form[data-autosave] [data-field]:not([hidden])")];
    const first = "input:not([type=hidden]), select, textarea";
    if (questions.length) return questions.map((one) => one.querySelector("input:checked") ?? one.querySelector(first));
    return [...document.querySelectorAll("tr[data-open]")].map((row) => row.querySelector("a, button")).filter(Boolean);
  }

  function move(forward) {
    const all = steps();
    if (!all.length) return;
    const here = document.activeElement;
    const group = (one) => one.closest("[data-field], tr") ?? one;
    const now = all.findIndex((one) => one === here || group(one).contains(here));
    const next = all[forward ? Math.min(now + 1, all.length - 1) : Math.max(now - 1, 0)];
    next.focus();
    group(next).scrollIntoView({ block: "nearest" });
  }

  function choose(digit) {
    const field = document.activeElement.closest("[data-field]");
    const wanted = [...(field?.querySelectorAll("input[type=radio]") ?? [])].find((one) => one.value === digit);
    if (wanted) { wanted.focus(); wanted.click(); }
    return Boolean(wanted);
  }

  document.addEventListener("keydown", (event) => {
    const button = document.querySelector("[data-save]");
    const anywhere = document.querySelector("[data-find]");
    if (event.ctrlKey || event.metaKey || event.altKey) {
      if (!event.altKey && event.key === "k" && anywhere) { event.preventDefault(); anywhere.select(); }
      if (!event.altKey && event.key === "s" && button) { event.preventDefault(); button.click(); }
      return;
    }
    if (writing(event.target) || off()) return;
    const search = document.querySelector("[data-search]") ?? anywhere;
    if (event.key === "/" && search) { event.preventDefault(); search.focus(); }
    else if (event.key === "s") button?.click();
    else if (event.key === "j" || event.key === "k") move(event.key === "j");
    else if (/^\d$/.test(event.key) && choose(event.key)) event.preventDefault();
  });

  // A row opens where its link is not hit exactly; text in it may still be marked.
  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-open]");
    if (!row || event.target.closest("a, button, input, summary") || String(getSelection())) return;
    row.querySelector("a, button")?.click();
  });

  document.querySelector("[data-focus]")?.focus();
  for (const row of document.querySelectorAll(".nav")) {
    const here = row.querySelector("[aria-current]");
    if (here && row.scrollWidth > row.clientWidth) row.scrollLeft = here.offsetLeft + here.offsetWidth / 2 - row.clientWidth / 2;
  }
  for (const line of document.querySelectorAll(".timeline")) {
    const chosen = line.querySelector("a.chosen") ?? line.querySelector(".today");
    const box = chosen?.getBoundingClientRect();
    if (box) line.scrollLeft += box.left + box.width / 2 - line.getBoundingClientRect().left - line.clientWidth / 2;
  }
})();
