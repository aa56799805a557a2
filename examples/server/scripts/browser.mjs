// Uses the dashboard of a running server in a real browser, as a person does, and checks what the page shows.
//
//   NODE_PATH=target/sdks/node_modules DAYTONA_API_URL=http://127.0.0.1:3000/api DAYTONA_API_KEY=... node browser.mjs FOLDER
//
// install_sdks.sh installs playwright-core. Chromium is at CHROMIUM or /usr/bin/chromium. The screenshots go to FOLDER.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";

const { chromium } = createRequire(import.meta.url)("playwright-core");
const { DAYTONA_API_URL: api = "http://127.0.0.1:3000/api", DAYTONA_API_KEY: key, CHROMIUM: executablePath = "/usr/bin/chromium" } = process.env;
const server = api.replace(/\/api$/, "");
const folder = process.argv[2];
if (!key || !folder) {
  console.error("usage: DAYTONA_API_URL=http://127.0.0.1:3000/api DAYTONA_API_KEY=... node browser.mjs FOLDER");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

/** The browser reaches the server through this line, which can be cut. */
const line = net.createServer((socket) => {
  const { hostname, port } = new URL(server);
  const other = net.connect(port || 80, hostname);
  sockets.add(socket);
  for (const [a, b] of [[socket, other], [other, socket]]) a.pipe(b).on("error", () => {}) && a.on("close", () => b.destroy());
});
const sockets = new Set();
await new Promise((resolve) => line.listen(0, "127.0.0.1", resolve));
const { port } = line.address();
const url = `http://127.0.0.1:${port}`;

/** A change on the server takes at most so long. */
const PATIENCE = 60_000;
const run = Date.now().toString(36);
const browser = await chromium.launch({
  executablePath,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

/** Opens the page and collects what it must not do: errors, alerts, and requests to other servers. */
async function visit(options, fragment = `#key=${encodeURIComponent(key)}`) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => { page.faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("console", (message) => /Content Security|Uncaught/.test(message.text()) && page.faults.push(message.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${url}/`) && !request.url().startsWith("data:")) page.faults.push(`request to ${request.url()}`);
  });
  await page.addInitScript(() => {
    globalThis.shifts = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shifts.push(entry.value);
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(`${url}/${fragment}`);
  return page;
}

const step = (text) => console.log(`- ${text}`);
const row = (page, name) => page.locator("tbody.sandbox", { has: page.getByRole("button", { name, exact: true }) });
const command = (page, name, label) => page.locator(".acts").getByRole("button", { name: `${label} ${name}`, exact: true });
const detail = (page, name, label) => page.locator(".all").getByRole("button", { name: `${label} ${name}`, exact: true });
const shot = (page, name) => page.screenshot({ path: `${folder}/${name}.png` });

/** Waits until the page shows this state and nothing is under way. */
async function rests(page, name, state) {
  const at = row(page, name);
  await at.locator(".badge", { hasText: new RegExp(`^${state}$`) }).waitFor();
  await at.locator(".goal:empty").waitFor({ state: "attached" });
}

async function create(page, name, fields = {}) {
  await page.getByRole("button", { name: "New sandbox" }).click();
  const dialog = page.locator("#ask-new");
  if (fields.vm) await dialog.getByText("VM", { exact: false }).first().click();
  await dialog.locator("[name=name]").fill(name);
  // Long enough for this script, also on a server whose clock runs faster.
  await dialog.locator("[name=autoStopInterval]").fill(String(fields.autoStop ?? 6000));
  if (fields.labels) await dialog.locator("[name=labels]").fill(fields.labels);
  if (fields.picture) await shot(page, fields.picture);
  await dialog.getByRole("button", { name: "Create" }).click();
  await dialog.waitFor({ state: "hidden" });
  await rests(page, name, "started");
}

async function remove(page, name) {
  await command(page, name, "Delete").click();
  const dialog = page.locator("#ask-command");
  await dialog.locator(".loss").waitFor();
  const loss = await dialog.locator(".loss").textContent();
  await dialog.getByRole("button", { name: "Delete", exact: true }).click();
  await row(page, name).waitFor({ state: "detached" });
  return loss;
}

/** Texts whose contrast with what is behind them is below 4.5, as WCAG AA demands. */
const faint = (page) => page.evaluate(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] > 250) return color;
    }
    return [255, 255, 255];
  };
  const nodes = [...document.querySelectorAll("header *, .tools *, .sandbox *, aside > p")];
  const shown = nodes.filter((node) => node.offsetParent && [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim()));
  return shown.map((node) => {
    const [a, b] = [light(rgba(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    return [(a + 0.05) / (b + 0.05), `${node.className}: ${node.textContent}`];
  }).filter(([contrast]) => contrast < 4.5).map(([contrast, text]) => `${contrast.toFixed(2)} ${text}`);
});

const overflow = (page) => page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth));

const one = `clicks-${run}`;
const evil = `<img src=x onerror=alert(1)>-${run}`;
const machine = `machine-${run}`;

step("the page asks for the key, says that one is wrong, and takes the right one");
const page = await visit({ colorScheme: "light" }, "");
const asks = page.locator("#ask-key");
await asks.locator("input").fill("wrong");
await asks.getByRole("button").click();
await asks.locator(".fault", { hasText: "wrong" }).waitFor();
await page.keyboard.press("Escape");
assert.ok(await asks.isVisible(), "without a key there is nothing to see");
await asks.locator("input").fill(key);
await asks.getByRole("button").click();
await page.locator("#live[data-state=live]").waitFor();
await page.reload();
await page.locator("#live[data-state=live]").waitFor();

step("create: a container with labels, a VM, and a name that is HTML");
await create(page, one, { labels: "team=search\nenv=dev", picture: "create" });
await create(page, machine, { vm: true });
await create(page, evil, { autoStop: 30 });
assert.equal(await row(page, evil).locator(".name").textContent(), evil);
assert.equal(await page.locator("tbody img").count(), 0);

step("a closed button stays reachable and says why");
assert.equal(await command(page, one, "Archive").getAttribute("aria-disabled"), "true");
await command(page, one, "Archive").hover();
await page.locator("#tip", { hasText: "only a stopped sandbox can be archived" }).waitFor();
await shot(page, "reason");
await page.mouse.move(5, 5);
await page.locator("#tip").waitFor({ state: "hidden" });
await command(page, one, "Stop").focus();
await page.keyboard.press("Tab");
await page.locator("#tip", { hasText: "only a stopped sandbox can be archived" }).waitFor();
await page.keyboard.press("Enter");
assert.equal(await row(page, one).locator(".badge").textContent(), "started");
await page.keyboard.press("Escape");

step("deadlines count down by themselves");
const before = await row(page, evil).locator(".summary .left").textContent();
await page.waitForFunction(([name, text]) => [...document.querySelectorAll("tbody.sandbox")]
  .some((body) => body.querySelector(".name").textContent === name && body.querySelector(".left").textContent !== text), [evil, before]);

step("an update keeps open rows and the focus, and moves nothing");
await row(page, machine).locator(".open").click();
await detail(page, machine, "Pause").focus();
await page.waitForTimeout(700); // A layout shift right after an input does not count.
await page.evaluate(() => { globalThis.shifts.length = 0; });
await page.evaluate((name) => document.querySelector(`.acts [aria-label="Stop ${name}"]`).click(), one);
await rests(page, one, "stopped");
assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), `Pause ${machine}`);
assert.ok(await row(page, machine).locator(".details").isVisible());
const shifted = await page.evaluate(() => globalThis.shifts.reduce((sum, value) => sum + value, 0));
assert.ok(shifted < 0.01, `the layout shifted by ${shifted}`);
await shot(page, "light");

step("pause and resume a VM; the diagram lights its state and the ways out");
await detail(page, machine, "Pause").click();
await rests(page, machine, "paused");
await page.locator("#diagram .state.lit[data-state=paused]").waitFor();
await page.locator("#diagram .state.next[data-state=started]").waitFor();
await detail(page, machine, "Start").click();
await rests(page, machine, "started");

step("what the API refuses is said in words");
await detail(page, machine, "Resize").click();
await page.locator("#ask-command .do").click();
await page.locator("#ask-command .fault", { hasText: /resize|size|cpu/i }).waitFor();
await shot(page, "refused");
await page.keyboard.press("Escape");

step("start, stop, archive, restore");
await command(page, one, "Start").click();
await rests(page, one, "started");
await command(page, one, "Stop").click();
await rests(page, one, "stopped");
await command(page, one, "Archive").click();
await rests(page, one, "archived");
assert.equal(await row(page, one).locator(".holds").textContent(), "no computeno disk");
await command(page, one, "Start").click();
await rests(page, one, "started");

step("filter");
await page.locator("#filter").fill("env=dev");
await row(page, machine).waitFor({ state: "hidden" });
assert.ok(await row(page, one).isVisible());
await page.locator("#filter").fill("nothing has this name");
await page.locator("#empty").waitFor();
await page.locator("#filter").fill("");

step("a lost connection is said, and comes back");
line.close();
for (const socket of sockets) socket.destroy();
await page.locator("#live[data-state=lost]").waitFor();
await shot(page, "lost");
await command(page, one, "Stop").click();
await page.locator("#notices", { hasText: "the server does not answer" }).waitFor();
await page.locator("#notices button").click();
await new Promise((resolve) => line.listen(port, "127.0.0.1", resolve));
await page.locator("#live[data-state=live]").waitFor();

step("dark, in between, and on a phone: nothing is faint, nothing scrolls sideways");
assert.deepEqual(await faint(page), []);
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const looks = { dark: { colorScheme: "dark" }, middle: { viewport: { width: 1000, height: 800 } },
  phone: { ...phone, colorScheme: "light" }, "phone-dark": { ...phone, colorScheme: "dark" } };
for (const [name, options] of Object.entries(looks)) {
  const other = await visit(options);
  await rests(other, one, "started");
  assert.equal(await overflow(other), 0, `${name} scrolls sideways`);
  if (options.hasTouch) {
    await command(other, one, "Archive").tap({ force: true }); // A person can tap what is aria-disabled.
    await other.locator("#tip", { hasText: "only a stopped sandbox can be archived" }).waitFor();
    await shot(other, `${name}-reason`);
    await row(other, one).locator(".open").tap();
    assert.equal(await overflow(other), 0, `${name} scrolls sideways`);
    await other.locator("#diagram").scrollIntoViewIfNeeded();
    await shot(other, `${name}-diagram`);
    await row(other, one).scrollIntoViewIfNeeded();
  } else {
    await row(other, one).locator(".open").click();
  }
  await other.waitForTimeout(300);
  await shot(other, name);
  assert.deepEqual(await faint(other), [], name);
  assert.deepEqual(other.faults, [], name);
  await other.context().close();
}

step("delete: the page says what is lost and asks first");
assert.match(await remove(page, one), /disk/);
await remove(page, evil);
await remove(page, machine);

assert.deepEqual(page.faults, []);
await browser.close();
line.close();
console.log("the page does what it says");
