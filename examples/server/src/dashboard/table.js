// The fleet as a table. An event changes only the cells whose text has changed, so that focus, open rows and scrolling stay.

const template = document.getElementById("sandbox");
/** The buttons that every row shows. Its details show all. */
const SHORT = ["start", "stop", "archive", "destroy"];

/** Sets the text of a node if it is another one. It is always text: names, labels and reasons come from users. */
export function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function set(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

function make(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

/** How long it takes, in the two largest units: `2 d 3 h`, `4 min 05 s`. */
function left(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000);
  const two = (n) => String(n).padStart(2, "0");
  if (seconds <= 0) return "now";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

export const words = (state) => state.replaceAll("_", " ");

/** Keeps as many children as there are items, and fills each one. A child stays the same node while its item changes. */
function list(parent, items, create, fill) {
  while (parent.children.length > items.length) parent.lastElementChild.remove();
  items.forEach((item, n) => fill(parent.children[n] ?? parent.appendChild(create()), item));
}

class Row {
  constructor(table) {
    this.table = table;
    this.body = template.content.firstElementChild.cloneNode(true);
    const at = (selector) => this.body.querySelector(selector);
    this.summary = at(".summary");
    this.details = at(".details");
    this.opener = at(".open");
    this.cells = {
      name: at(".name"), about: at(".about"), state: at(".badge"), goal: at(".goal"), reason: at(".reason"),
      compute: at(".compute"), disk: at(".disk"), left: at(".left"), due: at(".due .what"),
      acts: at(".acts"), all: at(".all"), deadlines: at(".deadlines"), warnings: at(".warnings"), facts: at(".facts"),
    };
    this.opener.addEventListener("click", () => this.toggle());
    this.summary.addEventListener("click", (event) => {
      if (!event.target.closest("button")) this.toggle();
    });
    this.body.addEventListener("focusin", () => table.select(this.sandbox.id));
  }

  get isOpen() {
    return !this.details.hidden;
  }

  toggle() {
    this.details.hidden = this.isOpen;
    set(this.opener, "aria-expanded", String(this.isOpen));
    this.table.select(this.sandbox.id);
    if (this.isOpen) this.fillDetails();
    this.tick();
  }

  fill(sandbox, offers) {
    this.sandbox = sandbox;
    this.offers = offers;
    const { cells } = this;
    put(cells.name, sandbox.name);
    set(this.opener, "title", sandbox.name);
    put(cells.about, `${sandbox.class} · ${sandbox.runner ?? "no runner"}`);
    put(cells.state, words(sandbox.state));
    set(cells.state, "data-tone", sandbox.tone);
    put(cells.goal, sandbox.settled ? "" : `→ ${words(sandbox.desiredState)}`);
    put(cells.reason, sandbox.errorReason ?? "");
    set(cells.reason, "title", sandbox.errorReason);
    const { size, holds, gpus } = sandbox;
    put(cells.compute, holds.compute ? `${size.cpu} CPU · ${size.memory} GB${gpus ? ` · ${gpus} GPU` : ""}` : "no compute");
    put(cells.disk, holds.disk ? `${size.disk} GB disk` : "no disk");
    cells.compute.classList.toggle("muted", !holds.compute);
    cells.disk.classList.toggle("muted", !holds.disk);
    this.first = sandbox.deadlines.find((deadline) => deadline.at !== null);
    put(cells.due, this.first?.what ?? "");
    set(cells.due, "title", this.first?.unless ? `unless ${this.first.unless}` : null);
    const short = this.table.buttons.filter((button) => SHORT.includes(button.key));
    list(cells.acts, short, () => this.button(), (node, button) => this.fillButton(node, button));
    if (this.isOpen) this.fillDetails();
    this.text = [sandbox.id, sandbox.name, words(sandbox.state), sandbox.state, sandbox.class, sandbox.runner ?? "",
      ...Object.entries(sandbox.labels).map(([name, value]) => `${name}=${value}`)].join("\n").toLowerCase();
  }

  fillDetails() {
    const { sandbox, cells } = this;
    const item = () => {
      const node = make("li", "");
      node.append(this.button(), make("span", "says"));
      return node;
    };
    list(cells.all, this.table.buttons, item, (node, button) => {
      const offer = this.offer(button);
      this.fillButton(node.firstElementChild, button);
      const loses = offer.loses ? ` Loses ${offer.loses}.` : "";
      put(node.lastElementChild, offer.open ? button.summary + loses : offer.why);
      set(node, "class", offer.open ? "" : "closed");
    });
    const deadline = () => {
      const node = make("li", "");
      node.append(make("span", "left"), make("span", "says"));
      return node;
    };
    list(cells.deadlines, sandbox.deadlines, deadline, (node, { what, unless }) => {
      put(node.lastElementChild, unless ? `${what} unless ${unless}` : what);
    });
    list(cells.warnings, sandbox.warnings, () => make("li", ""), put);
    const labels = Object.entries(sandbox.labels).map(([name, value]) => `${name}=${value}`);
    const capital = (text) => text[0].toUpperCase() + text.slice(1);
    const size = `${sandbox.size.cpu} CPU, ${sandbox.size.memory} GB memory, ${sandbox.size.disk} GB disk`;
    const facts = [
      ["Id", sandbox.id], ["Class", sandbox.class], ["Snapshot", sandbox.snapshot ?? "default"],
      ["Runner", sandbox.runner ?? "none"], ["Size", size], ["Holds", sandbox.holdsWords],
      ["Carries", sandbox.contents], ["Backup", sandbox.backup], ["Labels", labels.join(", ") || "none"],
      ["Created", new Date(sandbox.createdAt).toLocaleString()],
      [capital(words(sandbox.state)), `since ${new Date(sandbox.stateSince).toLocaleString()}`],
    ];
    const fact = () => {
      const node = make("div", "");
      node.append(make("dt", "muted"), make("dd", ""));
      return node;
    };
    list(cells.facts, facts, fact, (node, [name, value]) => {
      put(node.firstElementChild, name);
      put(node.lastElementChild, value);
    });
  }

  offer(button) {
    return this.offers.find((offer) => offer.key === button.key);
  }

  button() {
    const node = make("button", "command");
    node.type = "button";
    node.addEventListener("click", () => this.table.press(this, node));
    return node;
  }

  /** A closed button stays reachable and says why, so it is `aria-disabled` and not `disabled`. */
  fillButton(node, button) {
    const { open, why } = this.offer(button);
    put(node, button.label);
    set(node, "data-key", button.key);
    set(node, "aria-disabled", open ? null : "true");
    set(node, "data-why", open ? null : why);
    set(node, "aria-label", `${button.label} ${this.sandbox.name}`);
  }

  /** Counts the deadlines down. */
  tick() {
    const now = this.table.clock();
    const until = ({ at }) => (at === null ? "unknown" : left(Date.parse(at) - now));
    put(this.cells.left, this.first ? until(this.first) : "—");
    if (this.isOpen) {
      this.sandbox.deadlines.forEach((deadline, n) => put(this.cells.deadlines.children[n].firstElementChild, until(deadline)));
    }
  }
}

export class Table {
  rows = new Map();
  buttons = [];
  selected = null;
  query = "";

  /** `clock` returns the platform's time; `pressed` is told of a button, `changed` of another selection or filter. */
  constructor(element, { clock, pressed, changed }) {
    Object.assign(this, { element, clock, pressed, changed });
    setInterval(() => this.tick(), 250);
  }

  show(fleet) {
    this.buttons = fleet.buttons;
    const gone = new Set(this.rows.keys());
    let before = this.element.tHead;
    for (const sandbox of fleet.sandboxes) {
      gone.delete(sandbox.id);
      const row = this.rows.get(sandbox.id) ?? new Row(this);
      this.rows.set(sandbox.id, row);
      row.fill(sandbox, fleet.offers[sandbox.offers]);
      // A row that stays where it is must not be moved: moving it takes the focus away.
      if (before.nextElementSibling !== row.body) before.after(row.body);
      before = row.body;
    }
    for (const id of gone) this.remove(id);
    this.tick();
    this.filter(this.query);
  }

  remove(id) {
    const { body } = this.rows.get(id);
    if (body.contains(document.activeElement)) {
      const next = body.nextElementSibling ?? body.previousElementSibling;
      (next?.querySelector(".open") ?? document.getElementById("filter")).focus();
    }
    body.remove();
    this.rows.delete(id);
    if (this.selected === id) this.select(null);
  }

  tick() {
    for (const row of this.rows.values()) row.tick();
  }

  filter(query) {
    this.query = query;
    const parts = query.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of this.rows.values()) {
      row.body.hidden = !parts.every((part) => row.text.includes(part));
    }
    this.changed();
  }

  select(id) {
    if (this.selected === id) return;
    this.rows.get(this.selected)?.body.classList.remove("selected");
    this.selected = id;
    this.rows.get(id)?.body.classList.add("selected");
    this.changed();
  }

  press(row, node) {
    const button = this.buttons.find(({ key }) => key === node.dataset.key);
    this.pressed(row.sandbox, button, row.offer(button), node);
  }
}
