/* Drafts: what was typed and is not yet on the server, encrypted on this device and gone at sign-out. */
"use strict";

const drafts = (function drafts() {
  const PREFIX = "equipoise-draft:";
  const KEY = "equipoise-draft-key";
  const TAB = "equipoise-draft-tab";
  const possible = Boolean(window.crypto?.subtle && window.localStorage && window.sessionStorage);
  const text = new TextEncoder();
  const base64 = (bytes) => btoa(Array.from(new Uint8Array(bytes), (one) => String.fromCharCode(one)).join(""));
  const bytes = (base) => Uint8Array.from(atob(base), (one) => one.charCodeAt(0));
  let ended = false;

  function kept(name, length) {
    let value = sessionStorage.getItem(name);
    if (!value) {
      value = base64(crypto.getRandomValues(new Uint8Array(length)));
      sessionStorage.setItem(name, value);
    }
    return value;
  }
  const key = () => crypto.subtle.importKey("raw", bytes(kept(KEY, 32)), "AES-GCM", false, ["encrypt", "decrypt"]);
  // Each tab has a key of its own, so each has its own drafts: no tab can read, or lose, those of another.
  const place = (name) => `${PREFIX}${kept(TAB, 9)}:${name}`;

  async function keep(name, value) {
    if (!possible || ended) return false;
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await crypto.subtle.encrypt(
      { name: "AES-GCM", iv, additionalData: text.encode(name) }, await key(), text.encode(JSON.stringify(value)));
    if (ended) return false;
    try {
      localStorage.setItem(place(name), base64(iv) + "." + base64(sealed));
      return true;
    } catch {
      return false;
    }
  }

  async function find(name) {
    const found = possible && localStorage.getItem(place(name));
    if (!found) return null;
    try {
      const [iv, sealed] = found.split(".").map(bytes);
      const opened = await crypto.subtle.decrypt(
        { name: "AES-GCM", iv, additionalData: text.encode(name) }, await key(), sealed);
      return JSON.parse(new TextDecoder().decode(opened));
    } catch {
      forget(name);
      return null;
    }
  }

  function forget(name) { if (possible) localStorage.removeItem(place(name)); }

  function end() {
    ended = true;
    for (const name of Object.keys(localStorage)) if (name.startsWith(PREFIX)) localStorage.removeItem(name);
    sessionStorage.removeItem(KEY);
  }

  return { possible, keep, find, forget, end };
})();

document.addEventListener("submit", (event) => {
  // Without a connection nobody is signed out, and what was typed stays.
  if (!event.defaultPrevented && event.target.querySelector("[data-sign-out]")) drafts.end();
});
