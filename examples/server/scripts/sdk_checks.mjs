// The checks of one run against a server with the TypeScript SDK: what was found, what the counters on the disks say, and the
// end of the sandboxes.

import { randomUUID } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual, parseArgs } from "node:util";

// `import` does not look into NODE_PATH, `require` does.
const require = createRequire(import.meta.url);
export const sdk = require("@daytona/sdk");
export const { version } = require("@daytona/sdk/package.json");
const { Daytona, DaytonaError, DaytonaNotFoundError } = sdk;

// How long a change may take that no method of the SDK waits for.
export const PATIENCE_MS = 30_000;

/** A check failed. The text says what was expected and what was found. */
export class Failed extends Error {}

const options = { data: { type: "string" }, sweeps: { type: "string", default: "20" } };
export const { values: settings } = parseArgs({ options });
// All sandboxes of the run have them.
export const labels = { run: randomUUID().slice(0, 8) };
export const daytona = new Daytona();
// Without the waits of one second between two reads that the SDK makes otherwise.
export const polling = new Daytona({ useDeprecatedPolling: true });
// Commands that are sent without waiting for their end, and the backup.
export const api = daytona.sandboxApi;
export let passed = 0;

export function check(what, found, expected = true) {
  if (!isDeepStrictEqual(found, expected)) {
    throw new Failed(`${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
  }
  passed += 1;
  console.log(`ok      ${what}`);
}

/** Checks that an action is refused with a class of error and a code; `undefined` is any code. */
export async function refused(what, kind, code, action) {
  let result;
  try {
    result = await action();
  } catch (error) {
    if (!(error instanceof DaytonaError)) throw error;
    const found = { kind: error instanceof kind ? kind.name : error.constructor.name, code: code && error.code };
    check(`${what}: refused with ${kind.name} ${code ?? error.code ?? ""}`, found, { kind: kind.name, code });
    return;
  }
  throw new Failed(`${what}: expected ${kind.name} ${code ?? ""}, found the answer ${result?.id ?? result}`);
}

/** Checks that a probe gives what is expected, now or soon. */
export async function becomes(what, expected, probe) {
  const deadline = Date.now() + PATIENCE_MS;
  let found = await probe();
  while (!isDeepStrictEqual(found, expected) && Date.now() < deadline) {
    await sleep(50);
    found = await probe();
  }
  check(what, found, expected);
}

export function create(wanted = {}, client = daytona) {
  return client.create({ ...wanted, labels: { ...labels, ...wanted.labels } });
}

export async function sandboxes(wanted = {}, query = {}) {
  const found = [];
  for await (const sandbox of daytona.list({ labels: { ...labels, ...wanted }, ...query })) found.push(sandbox);
  return found;
}

/** Returns the state as the API shows it now: `gone` for 404. */
export async function state(sandbox) {
  try {
    await sandbox.refreshData();
  } catch (error) {
    if (error instanceof DaytonaNotFoundError) return "gone";
    throw error;
  }
  return sandbox.state;
}

export function disk(sandbox) {
  return path.join(settings.data, "runner-1", "sandboxes", sandbox.id, "disk");
}

/** Returns the identity of the disk's folder, `null` if there is none. */
export function folder(sandbox) {
  return statSync(disk(sandbox), { throwIfNoEntry: false })?.ino ?? null;
}

/** Returns the newest count on the disk, 0 if there is none. */
export function counter(sandbox) {
  try {
    return Number(readFileSync(path.join(disk(sandbox), "counter"), "utf8"));
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return 0;
  }
}

/** Checks that the count is never below the last known one and goes on. Returns the new count. */
export async function countsOn(what, sandbox, last) {
  const deadline = Date.now() + PATIENCE_MS;
  let found = counter(sandbox);
  while (found === last && Date.now() < deadline) {
    await sleep(20);
    found = counter(sandbox);
  }
  if (!(found > last)) throw new Failed(`${what}: expected a counter above ${last}, found ${found}`);
  check(what, true);
  return found;
}

/** Checks that nothing counts. Returns the count. */
export async function standsStill(what, sandbox) {
  const before = counter(sandbox);
  await sleep(500);
  check(what, counter(sandbox), before);
  return before;
}

/** Deletes what the run has created: forks before their parents, which are refused until then. */
export async function deleteAll() {
  const deadline = Date.now() + PATIENCE_MS;
  let left = await sandboxes();
  while (left.length > 0 && Date.now() < deadline) {
    await Promise.all(left.map((sandbox) => sandbox.delete().catch(() => undefined)));
    await sleep(200);
    left = await sandboxes();
  }
  check("nothing is left", ids(left), []);
}

export function ids(list) {
  return list.map((sandbox) => sandbox.id).sort();
}

/** Whether a time is at most so many minutes away, and less than a minute sooner. */
export function isWithinMinuteBefore(time, minutes) {
  const left = (new Date(time) - Date.now()) / 60_000;
  return left <= minutes && left > minutes - 1;
}
