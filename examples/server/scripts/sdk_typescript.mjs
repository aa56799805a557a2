#!/usr/bin/env node
// Runs the official TypeScript SDK, unchanged, through every lifecycle method against a running server.
//
//     NODE_PATH=target/sdks/node_modules node sdk_typescript.mjs --data DIR [--sweeps 20]
//
// DAYTONA_API_URL and DAYTONA_API_KEY name the server. DIR is its data folder. The process of each sandbox counts in a file
// on the sandbox's disk, and the script reads these counters there: they go on where a disk is kept, and never back.
//
// Every check prints a line. The first one that fails says what was expected, and the exit code is 1. The script deletes the
// sandboxes that it creates, also then.
//
// The newest version on npm, 0.216.0, has no method for `public`, no queue timeout, no `kvm`, and no timeout of a single
// request. Neither SDK has a method for a backup; the generated client below it has one.

import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync, rmdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  Failed,
  api,
  becomes,
  check,
  counter,
  countsOn,
  create,
  daytona,
  deleteAll,
  disk,
  folder,
  ids,
  isWithinMinuteBefore,
  labels,
  passed,
  refused,
  sandboxes,
  sdk,
  settings,
  standsStill,
  state,
  version,
} from "./sdk_checks.mjs";
import { manyAtOnce, sweep } from "./sdk_races.mjs";

const {
  Daytona,
  DaytonaAuthenticationError,
  DaytonaBadRequestError,
  DaytonaConflictError,
  DaytonaError,
  DaytonaInvalidArgumentError,
  DaytonaNotFoundError,
  DaytonaUnprocessableEntityError,
} = sdk;

async function createAndFind() {
  await refused("a wrong key", DaytonaAuthenticationError, undefined, () =>
    new Daytona({ apiKey: "wrong" }).get("any"),
  );

  const name = `first-${labels.run}`;
  const sandbox = await create({
    name,
    labels: { part: "first" },
    envVars: { GREETING: "hello" },
    autoStopInterval: 20,
    autoArchiveInterval: 600,
    autoDeleteInterval: 1200,
    ttlMinutes: 300,
  });
  check("create: the sandbox is started", sandbox.state, "started");
  check(
    "create: the record has what was asked for",
    [
      sandbox.name,
      sandbox.labels.part,
      sandbox.env,
      sandbox.public,
      sandbox.sandboxClass,
      sandbox.autoStopInterval,
      sandbox.autoArchiveInterval,
      sandbox.autoDeleteInterval,
    ],
    [name, "first", { GREETING: "hello" }, false, "container", 20, 600, 1200],
  );
  check("create: the time to live is counted", isWithinMinuteBefore(sandbox.autoDestroyAt, 300));
  await countsOn("create: its process counts on its disk", sandbox, 0);

  const second = await create({ labels: { part: "second" } });
  check("get by id", (await daytona.get(sandbox.id)).name, name);
  check("get by name", (await daytona.get(name)).id, sandbox.id);
  check("list by labels", ids(await sandboxes({ part: "second" })), [second.id]);
  check("list in pages of one", ids(await sandboxes({}, { limit: 1 })), ids([sandbox, second]));
  check("list by state", await sandboxes({}, { states: ["stopped"] }), []);

  await refused("get of an unknown id", DaytonaNotFoundError, undefined, () => daytona.get(randomUUID()));
  await refused("create with a name in use", DaytonaConflictError, undefined, () => create({ name }));
  await refused("create with a faulty network", DaytonaBadRequestError, undefined, () =>
    create({ networkAllowList: "not a network" }),
  );
  await refused("create with a time to live out of range", DaytonaBadRequestError, undefined, () =>
    create({ ttlMinutes: 10 ** 12 }),
  );

  const sized = await create({ image: "debian:12", resources: { cpu: 3, memory: 5, disk: 7 } });
  check("create with resources", [sized.state, sized.cpu, sized.memory, sized.disk], ["started", 3, 5, 7]);
  await sized.delete(60, true);
  await second.delete(60, true);
  await becomes("delete: the sandbox is gone", "gone", () => state(second));
  check("delete: its disk is gone", folder(second), null);
  check("delete: it is not listed", ids(await sandboxes()), [sandbox.id]);
  return sandbox;
}

async function stopAndStart(sandbox) {
  await sandbox.stop();
  check("stop: the sandbox is stopped", [sandbox.state, sandbox.desiredState], ["stopped", "stopped"]);
  let count = await standsStill("stop: nothing counts", sandbox);
  await refused("stop of a stopped sandbox", DaytonaBadRequestError, "bad_state", () => sandbox.stop());
  await refused("pause of a stopped sandbox", DaytonaBadRequestError, "bad_state", () => sandbox.pause());
  await sandbox.start();
  check("start: the sandbox is started", [sandbox.state, sandbox.desiredState], ["started", "started"]);
  count = await countsOn("start: the disk is kept", sandbox, count);
  await sandbox.start();
  check("start of a started sandbox changes nothing", sandbox.state, "started");

  await sandbox.stop(60, true);
  check("forced stop: the sandbox is stopped", await state(sandbox), "stopped");
  count = Math.max(count, await standsStill("forced stop: nothing counts", sandbox));
  await refused("recover of a stopped sandbox", DaytonaBadRequestError, "not_recoverable", () => sandbox.recover());

  await refused("stop while it starts", DaytonaConflictError, "in_progress", async () => {
    // The start may end before the stop arrives. Then the next attempt counts.
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await api.startSandbox(sandbox.id);
      await sandbox.stop();
    }
  });
  await becomes("the start goes on", "started", () => state(sandbox));
  await countsOn("the disk is kept", sandbox, count);

  const stop = () =>
    api.stopSandbox(sandbox.id).then(
      () => "accepted",
      (error) => error.statusCode,
    );
  const answers = await Promise.all(Array.from({ length: 8 }, stop));
  check("eight stops at once: one is accepted", answers.filter((answer) => answer === "accepted").length, 1);
  check(
    "eight stops at once: the others are refused",
    answers.filter((answer) => [400, 409].includes(answer)).length,
    7,
  );
  await sandbox.waitUntilStopped();
  await sandbox.start();
}

async function changeSettings(sandbox) {
  await sandbox.setAutostopInterval(7);
  await sandbox.setAutoArchiveInterval(70);
  await sandbox.setAutoDeleteInterval(-1);
  await sandbox.setTtl(60);
  await sandbox.setLabels({ ...labels, part: "relabelled" });
  const found = await daytona.get(sandbox.id);
  check(
    "intervals are stored",
    [found.autoStopInterval, found.autoArchiveInterval, found.autoDeleteInterval, found.autoPauseInterval],
    [7, 70, -1, 0],
  );
  check("the time to live counts from now", isWithinMinuteBefore(found.autoDestroyAt, 60));
  check("labels are replaced", found.labels, { ...labels, part: "relabelled" });
  await sandbox.setTtl(0);
  check("a time to live of 0 is none", (await daytona.get(sandbox.id)).autoDestroyAt ?? null, null);

  await sleep(10);
  await sandbox.refreshActivity();
  const { lastActivityAt } = await daytona.get(sandbox.id);
  check("activity is noted", new Date(lastActivityAt) > new Date(found.lastActivityAt));

  await refused("auto-pause of a container", DaytonaUnprocessableEntityError, "unsupported_class", () =>
    sandbox.setAutoPauseInterval(5),
  );
  await refused("an interval out of range", DaytonaBadRequestError, undefined, () =>
    sandbox.setAutostopInterval(10 ** 12),
  );
  await refused("a negative interval, which the SDK refuses", DaytonaInvalidArgumentError, undefined, () =>
    sandbox.setAutostopInterval(-1),
  );
  await refused("pause of a container", DaytonaUnprocessableEntityError, "unsupported_class", () => sandbox.pause());
  await refused("fork of a container", DaytonaUnprocessableEntityError, "unsupported_class", () => sandbox.fork());
}

async function resize(sandbox) {
  let count = counter(sandbox);
  const { cpu, memory, disk: size } = sandbox;
  await sandbox.resize({ cpu: cpu + 1, memory: memory + 1 });
  let found = await daytona.get(sandbox.id);
  check("resize while it runs", [found.state, found.cpu, found.memory], ["started", cpu + 1, memory + 1]);
  count = await countsOn("resize while it runs: it runs on", sandbox, count);
  await refused("a disk that is resized while it runs", DaytonaBadRequestError, "disk_needs_stop", () =>
    sandbox.resize({ disk: size + 5 }),
  );
  await refused("less CPU while it runs", DaytonaBadRequestError, "cpu_shrink_running", () => sandbox.resize({ cpu }));
  await refused("a resize to the same size", DaytonaBadRequestError, "no_change", () =>
    sandbox.resize({ cpu: cpu + 1 }),
  );
  await sandbox.stop();
  await sandbox.resize({ cpu, disk: size + 5 });
  found = await daytona.get(sandbox.id);
  check("resize while it is stopped", [found.state, found.cpu, found.disk], ["stopped", cpu, size + 5]);
  await refused("a smaller disk", DaytonaBadRequestError, "disk_shrink", () => sandbox.resize({ disk: size }));
  await sandbox.start();
  await countsOn("resize: the disk is kept", sandbox, count);
}

async function snapshot(sandbox) {
  const name = `snapshot-${labels.run}`;
  const count = counter(sandbox);
  await sandbox.createSnapshot(name);
  check("snapshot: the sandbox is started again", await state(sandbox), "started");
  await countsOn("snapshot: it runs on", sandbox, count);
  const stored = await daytona.snapshot.get(name);
  check("snapshot: it is stored", [stored.name, stored.state], [name, "active"]);
  check(
    "snapshot: it is listed",
    (await daytona.snapshot.list()).items.some((item) => item.name === name),
  );
  const copy = await create({ snapshot: name });
  check("create from the snapshot", [copy.state, copy.snapshot], ["started", name]);
  await countsOn("create from the snapshot: it has the disk", copy, count);
  await copy.delete(60, true);
  await daytona.snapshot.delete(name);
  await refused("a deleted snapshot", DaytonaNotFoundError, undefined, () => daytona.snapshot.get(name));
}

async function archiveAndRestore(sandbox) {
  await refused("archive of a running sandbox", DaytonaBadRequestError, "bad_state", () => sandbox.archive());
  await api.createBackup(sandbox.id);
  await becomes("backup of a running sandbox", "Completed", async () => (await daytona.get(sandbox.id)).backupState);
  await sandbox.stop();
  const count = counter(sandbox);
  await sandbox.archive();
  await becomes("archive: the sandbox is archived", "archived", () => state(sandbox));
  await becomes("archive: its disk is released", null, () => folder(sandbox));
  await refused("stop of an archived sandbox", DaytonaBadRequestError, "bad_state", () => sandbox.stop());
  await sandbox.start();
  check("restore: the sandbox is started", await state(sandbox), "started");
  await countsOn("restore: the newest disk is back", sandbox, count);
}

async function virtualMachine() {
  const machine = await create({ snapshot: "vm", autoStopInterval: 0, autoPauseInterval: 30 });
  check("the snapshot vm makes a VM", [machine.state, machine.sandboxClass], ["started", "linux-vm"]);
  check("auto-pause is stored", [machine.autoPauseInterval, machine.autoStopInterval], [30, 0]);
  await machine.pause();
  check("pause: the VM is paused", await state(machine), "paused");
  let count = await standsStill("pause: nothing counts", machine);
  await machine.start();
  check("resume: the VM is started", await state(machine), "started");
  count = await countsOn("resume: it goes on", machine, count);
  await machine.pause();
  await machine.stop();
  check("stop of a paused VM", await state(machine), "stopped");
  await machine.start();
  await countsOn("start: the disk is kept", machine, count);
  await refused("both idle timers", DaytonaBadRequestError, "one_idle_timer", () => machine.setAutostopInterval(5));
  await refused("a snapshot without memory of a running VM", DaytonaBadRequestError, "fs_snapshot_needs_stopped", () =>
    machine.createSnapshot("unsaved"),
  );

  count = counter(machine);
  const child = await machine.fork({ name: `child-${labels.run}` });
  check("fork: the child is started", [child.state, child.name], ["started", `child-${labels.run}`]);
  check("fork: the child is another sandbox", child.id !== machine.id);
  await becomes("fork: the parent is started again", "started", () => state(machine));
  await countsOn("fork: the child has the disk", child, count);
  await countsOn("fork: the parent runs on", machine, count);
  await refused("delete of a parent with a fork", DaytonaBadRequestError, "fork_children", () => machine.delete());
  await child.delete(60, true);
  await machine.delete(60, true);
  await becomes("delete of the child and then of the parent", "gone", () => state(machine));
}

async function recover(sandbox) {
  await sandbox.stop();
  const count = counter(sandbox);
  // The runner cannot open the log of the process, so it cannot start it.
  const log = path.join(disk(sandbox), "..", "log");
  rmSync(log);
  mkdirSync(log);
  await refused("a start that fails", DaytonaError, undefined, () => sandbox.start());
  check("a start that fails: the sandbox is in error", await state(sandbox), "error");
  await becomes(
    "a start that fails: it can be recovered",
    true,
    async () => (await daytona.get(sandbox.id)).recoverable,
  );
  check("a start that fails: the reason is shown", Boolean(sandbox.errorReason));
  await refused("start of a failed sandbox", DaytonaBadRequestError, "errored", () => sandbox.start());
  rmdirSync(log);
  await sandbox.recover();
  check("recover: the sandbox is started", [await state(sandbox), sandbox.errorReason ?? null], ["started", null]);
  await countsOn("recover: the disk is kept", sandbox, count);
}

async function ephemeral() {
  const sandbox = await create({ ephemeral: true });
  check("ephemeral: auto-delete is 0", sandbox.autoDeleteInterval, 0);
  await refused("archive of an ephemeral sandbox", DaytonaBadRequestError, undefined, () => sandbox.archive());
  await sandbox.stop();
  await becomes("ephemeral: the stop deletes it", "gone", () => state(sandbox));
  await becomes("ephemeral: its disk is gone", null, () => folder(sandbox));
}

async function runAll() {
  const sandbox = await createAndFind();
  await stopAndStart(sandbox);
  await changeSettings(sandbox);
  await resize(sandbox);
  await snapshot(sandbox);
  await archiveAndRestore(sandbox);
  await recover(sandbox);
  await virtualMachine();
  await ephemeral();
  await manyAtOnce();
  await sweep(Number(settings.sweeps));
}

async function main() {
  try {
    await runAll();
    await deleteAll();
  } catch (error) {
    if (error instanceof Failed) {
      console.log(`FAILED  ${error.message}`);
    } else {
      console.log(`FAILED  after ${passed} checks: expected no error, found`, error);
    }
    await deleteAll().catch(() => undefined);
    return 1;
  }
  console.log(`TypeScript SDK ${version}: ${passed} checks passed, ${settings.sweeps} rounds of stop, archive, start`);
  return 0;
}

// The SDK keeps trying to open a websocket, which the server does not have, so the process would live on for minutes.
process.exit(await main());
