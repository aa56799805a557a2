// The page: the key, the stream of events, the commands and the diagram. It decides nothing: what is possible comes with the
// events, and what happens is the API's answer.

import { Table, put, words } from "./table.js";

const find = (id) => document.getElementById(id);
const STORED = "sandbox-api-key";
/** No stream is silent for so long: the server sends a heartbeat every three seconds. */
const SILENCE = 10_000;

// ---- The platform's clock. It may run faster than ours. ----

let clock = { now: Date.now(), scale: 1, at: performance.now() };
const now = () => clock.now + (performance.now() - clock.at) * clock.scale;

// ---- The key. A link may carry it after the #, which browsers do not send. ----

function keyOfLink() {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (key) history.replaceState(null, "", location.pathname);
  return key;
}

let key = keyOfLink() ?? sessionStorage.getItem(STORED);

async function askForKey(fault) {
  key = await new Promise((resolve) => {
    open(find("ask-key"), fault, (form) => resolve(form.get("key").trim()), { mayCancel: false });
  });
}

// ---- The stream of events. EventSource cannot send the key, so fetch reads it. ----

function says(state, text) {
  find("live").dataset.state = state;
  put(find("live"), text);
}

/** Reads the stream until it ends. Returns whether an event came. */
async function read(signal, heard) {
  const answer = await fetch("/dashboard/fleet", { headers: { authorization: `Bearer ${key}` }, signal });
  if (answer.status === 401) throw new WrongKey(await fault(answer));
  if (!answer.ok) throw new Error(await fault(answer));
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ;) {
    const { value, done } = await reader.read();
    if (done) return;
    heard();
    const events = (text + value).split("\n\n");
    text = events.pop();
    for (const event of events) {
      const lines = event.split("\n").map((line) => line.split(/: ?(.*)/s));
      const data = lines.filter(([name]) => name === "data").map(([, value]) => value).join("\n");
      const kind = lines.find(([name]) => name === "event")?.[1];
      if (data) show(kind, JSON.parse(data));
    }
  }
}

class WrongKey extends Error {}

async function follow() {
  if (!key) await askForKey();
  for (let pause = 500; ; pause = Math.min(pause * 2, 10_000)) {
    const stop = new AbortController();
    let watchdog;
    const heard = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => stop.abort(), SILENCE);
      sessionStorage.setItem(STORED, key);
      pause = 500;
      says("live", "live");
    };
    try {
      await read(stop.signal, heard);
    } catch (error) {
      if (error instanceof WrongKey) {
        sessionStorage.removeItem(STORED);
        says("waiting", "waiting for the key");
        await askForKey(error.message);
        continue;
      }
    } finally {
      clearTimeout(watchdog);
    }
    says("lost", "reconnecting…");
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

// ---- What an event shows. ----

let fleet = null;
let awaited = null;
const table = new Table(find("sandboxes"), { clock: now, pressed, changed: drawDiagram });

function show(kind, data) {
  find("trouble").hidden = kind !== "trouble";
  if (kind === "trouble") return put(find("trouble"), `The fleet cannot be read: ${data}`);
  if (kind !== "fleet") return;
  fleet = data;
  clock = { now: Date.parse(data.now), scale: data.scale, at: performance.now() };
  table.show(data);
  if (awaited && table.rows.has(awaited)) {
    table.select(awaited);
    awaited = null;
  }
  find("more").hidden = data.more === 0;
  put(find("more"), `${data.more} older sandboxes are not shown.`);
}

function drawDiagram() {
  if (!fleet) return;
  const shown = [...table.rows.values()].filter((row) => !row.body.hidden).length;
  const running = fleet.sandboxes.filter((sandbox) => sandbox.tone === "runs").length;
  const all = fleet.more ? `the newest ${fleet.sandboxes.length}` : `${fleet.sandboxes.length} in all`;
  put(find("totals"), `${all}, ${running} running`);
  find("empty").hidden = shown > 0;
  put(find("empty"), fleet.sandboxes.length === 0 ? "There is no sandbox yet." : "No sandbox matches the filter.");

  const selected = table.rows.get(table.selected)?.sandbox;
  const counts = new Map();
  for (const { state } of fleet.sandboxes) counts.set(state, (counts.get(state) ?? 0) + 1);
  const diagram = find("diagram");
  diagram.classList.toggle("lights", Boolean(selected));
  for (const node of diagram.querySelectorAll(".state")) {
    const { state } = node.dataset;
    node.classList.toggle("lit", state === selected?.state);
    node.classList.toggle("next", Boolean(selected?.next.includes(state)));
    put(node.querySelector(".count"), String(counts.get(state) ?? ""));
  }
  for (const arrow of diagram.querySelectorAll(".arrow")) {
    const leaves = arrow.dataset.from === selected?.state;
    arrow.classList.toggle("out", leaves);
    arrow.classList.toggle("likely", leaves && selected.next.includes(arrow.dataset.to));
  }
  const next = selected?.next.map(words).join(", ");
  put(find("diagram-about"), selected
    ? `${selected.name} is ${words(selected.state)}. ${next ? `Next may be ${next}.` : "Nothing follows."}`
    : "The numbers count the sandboxes in each state. Select a sandbox to see its ways.");
}

// ---- Commands. ----

/** Returns what an answer of the API says is wrong, in words. */
async function fault(answer) {
  const text = await answer.text();
  try {
    const { message, error } = JSON.parse(text);
    return [message ?? error].flat().join("; ") || `the server answered ${answer.status}`;
  } catch {
    return text.slice(0, 300) || `the server answered ${answer.status}`;
  }
}

async function send(method, path, body) {
  const headers = { authorization: `Bearer ${key}`, ...(body && { "content-type": "application/json" }) };
  let answer;
  try {
    answer = await fetch(`/api${path}`, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw new Error("the server does not answer: look at the sandbox before you try again");
  }
  if (!answer.ok) throw new Error(await fault(answer));
  return answer.json().catch(() => null);
}

function pressed(sandbox, button, offer, node) {
  if (!offer.open) return showTip(node);
  const path = button.path.replace("~", encodeURIComponent(sandbox.id));
  const asksFor = { fork: "name", snapshot: "name", resize: "size" }[button.key];
  if (!asksFor && !offer.confirm) {
    node.setAttribute("aria-busy", "true");
    return send(button.method, path)
      .catch((error) => notice(`Cannot ${button.label.toLowerCase()} ${sandbox.name}: ${error.message}`))
      .finally(() => node.removeAttribute("aria-busy"));
  }
  const dialog = find("ask-command");
  const part = (selector) => dialog.querySelector(selector);
  put(part("h2"), `${button.label} ${sandbox.name}`);
  put(part(".summary"), button.summary);
  put(part(".do"), button.label);
  part(".do").classList.toggle("danger", offer.confirm === true);
  part(".loss").hidden = !offer.loses;
  put(part(".loss"), `This loses: ${offer.loses}.`);
  part(".for-name").hidden = asksFor !== "name";
  part(".for-memory").hidden = button.key !== "snapshot";
  part(".for-size").hidden = asksFor !== "size";
  part("[name=name]").required = button.key === "snapshot";
  const values = { name: "", cpu: sandbox.size.cpu, "memory-size": sandbox.size.memory, disk: sandbox.size.disk };
  for (const [name, value] of Object.entries(values)) part(`[name=${name}]`).value = value;
  part("[name=memory]").checked = offer.body?.includeMemory === true;
  open(dialog, null, (form) => send(button.method, path, bodyOf(button.key, form, sandbox)));
}

function bodyOf(command, form, { size }) {
  const name = form.get("name").trim();
  if (command === "fork") return name ? { name } : {};
  if (command === "snapshot") return { name, includeMemory: form.get("memory") === "on" };
  if (command !== "resize") return undefined;
  const given = { cpu: form.get("cpu"), memory: form.get("memory-size"), disk: form.get("disk") };
  const changed = Object.entries(given).filter(([part, value]) => value !== "" && Number(value) !== size[part]);
  return Object.fromEntries(changed.map(([part, value]) => [part, Number(value)]));
}

async function create(form) {
  const body = { snapshot: form.get("class") === "vm" ? "vm" : form.get("snapshot").trim() || undefined };
  body.name = form.get("name").trim() || undefined;
  const lines = form.get("labels").split("\n").map((line) => line.trim()).filter(Boolean);
  const wrong = lines.find((line) => !/^[^=]+=/.test(line));
  if (wrong) throw new Error(`“${wrong}” is no label: write name=value`);
  if (lines.length) body.labels = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
  for (const field of ["autoStopInterval", "autoArchiveInterval", "autoDeleteInterval", "ttlMinutes"]) {
    if (form.get(field) !== "") body[field] = Number(form.get(field));
  }
  awaited = (await send("POST", "/sandbox", body))?.id ?? null;
}

// ---- Dialogs, notices and tips. ----

/** Opens a dialog. It stays open, and says why, while what its form does fails. */
function open(dialog, why, act, { mayCancel = true } = {}) {
  const form = dialog.querySelector("form");
  const says = (text) => {
    const node = form.querySelector(".fault");
    node.hidden = !text;
    put(node, text ?? "");
  };
  says(why);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const submit = form.querySelector("menu .primary");
    if (submit.getAttribute("aria-busy")) return;
    submit.setAttribute("aria-busy", "true");
    try {
      await act(new FormData(form));
      form.reset();
      dialog.close();
    } catch (error) {
      says(error.message);
    } finally {
      submit.removeAttribute("aria-busy");
    }
  };
  dialog.oncancel = (event) => mayCancel || event.preventDefault();
  const cancel = form.querySelector("[value=cancel]");
  if (cancel) cancel.onclick = () => dialog.close();
  if (!dialog.open) dialog.showModal();
}

function notice(text) {
  const node = document.createElement("p");
  const close = document.createElement("button");
  close.type = "button";
  close.setAttribute("aria-label", "Close");
  close.textContent = "×";
  close.onclick = () => node.remove();
  node.append(text, close);
  find("notices").append(node);
  setTimeout(() => node.remove(), 15_000);
}

const tip = find("tip");

function showTip(node) {
  put(tip, node.dataset.why ?? "");
  tip.hidden = false;
  node.setAttribute("aria-describedby", "tip");
  const at = node.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = tip;
  const x = Math.max(8, Math.min(at.left + at.width / 2 - width / 2, document.documentElement.clientWidth - width - 8));
  const y = at.top > height + 12 ? at.top - height - 6 : at.bottom + 6;
  tip.style.translate = `${Math.round(x)}px ${Math.round(y)}px`;
}

function hideTip() {
  tip.hidden = true;
  document.querySelector("[aria-describedby=tip]")?.removeAttribute("aria-describedby");
}

for (const event of ["pointerover", "focusin"]) {
  document.addEventListener(event, ({ target }) => {
    const node = target.closest?.("[data-why]");
    // In the details the reason stands next to the button.
    if (node && !node.closest(".details")) showTip(node);
    else if (!node?.matches(":focus")) hideTip();
  });
}
document.addEventListener("scroll", hideTip, { passive: true, capture: true });
document.addEventListener("keydown", ({ key }) => key === "Escape" && hideTip());

find("filter").addEventListener("input", ({ target }) => table.filter(target.value));
find("new").addEventListener("click", () => open(find("ask-new"), null, create));
follow();
