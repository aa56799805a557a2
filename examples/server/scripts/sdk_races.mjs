// Many sandboxes at the same time, and sandboxes that are started at every stage of their archiving.

import { setTimeout as sleep } from "node:timers/promises";
import {
  Failed,
  PATIENCE_MS,
  becomes,
  check,
  counter,
  countsOn,
  create,
  folder,
  ids,
  polling,
  sandboxes,
  sdk,
  state,
} from "./sdk_checks.mjs";

const { DaytonaConflictError } = sdk;
const SANDBOXES_AT_ONCE = 30;
const SWEPT_SANDBOXES = 4;
const LONGEST_START_DELAY_MS = 300;

/** Calls methods of many sandboxes at the same time. */
export async function manyAtOnce() {
  const many = await Promise.all(Array.from({ length: SANDBOXES_AT_ONCE }, () => create({ labels: { part: "many" } })));
  check(`${SANDBOXES_AT_ONCE} creates at once`, new Set(many.map((sandbox) => sandbox.id)).size, SANDBOXES_AT_ONCE);
  check("all are started", [...new Set(await Promise.all(many.map(state)))], ["started"]);
  for (const [method, expected] of [
    ["stop", "stopped"],
    ["start", "started"],
  ]) {
    await Promise.all(many.map((sandbox) => sandbox[method]()));
    const states = (await sandboxes({ part: "many" })).map((sandbox) => sandbox.state);
    check(`${SANDBOXES_AT_ONCE} calls of ${method} at once`, [...new Set(states)], [expected]);
  }
  await Promise.all(many.map((sandbox) => sandbox.delete(60, true)));
  await becomes(`${SANDBOXES_AT_ONCE} deletes at once`, [], async () => ids(await sandboxes({ part: "many" })));
}

/** Starts sandboxes at every stage of their archiving: no disk may be lost or go back. */
export async function sweep(rounds) {
  const workers = Array.from({ length: Math.min(SWEPT_SANDBOXES, rounds) }, (_, number) => number);
  let restored = 0;
  let repeated = 0;
  const work = async (number) => {
    const sandbox = await create({ labels: { part: "sweep" } }, polling);
    let count = 0;
    for (let round = number; round < rounds; round += workers.length) {
      await sandbox.stop();
      const last = count;
      count = counter(sandbox);
      if (count < last) {
        throw new Failed(`sweep, ${sandbox.id}: expected a counter of at least ${last} after the stop, found ${count}`);
      }
      const before = folder(sandbox);
      const delay = Math.round((LONGEST_START_DELAY_MS * round) / Math.max(rounds - 1, 1));
      await sandbox.archive();
      await sleep(delay);
      repeated += await startUntilAccepted(sandbox);
      count = await countsOn(`sweep, ${sandbox.id}, start ${delay} ms after the archive`, sandbox, count);
      restored += Number(folder(sandbox) !== before);
    }
    await sandbox.delete(60, true);
  };
  await Promise.all(workers.map(work));
  console.log(`        ${restored} of ${rounds} came from their backup, ${repeated} starts were refused for a while`);
}

/** Starts a sandbox. Where another change is under way, it tries again. Returns how often it was refused. */
async function startUntilAccepted(sandbox) {
  const deadline = Date.now() + PATIENCE_MS;
  for (let refusals = 0; ; refusals += 1) {
    try {
      await sandbox.start();
      return refusals;
    } catch (error) {
      if (!(error instanceof DaytonaConflictError) || Date.now() > deadline) throw error;
    }
    await sleep(20);
  }
}
