import assert from "node:assert/strict";
import process from "node:process";
import test from "node:test";

import { Collection } from "../../../web/teach/collection.js";
import { openStorage } from "../../../web/teach/storage.js";

const clip = (...features) => ({ features });

// A collection of two actions, of which the first has a clip, and what was learned.
async function collection(storage = null) {
  const taught = await Collection.load(storage);
  const [first, second] = taught.actions.keys();
  await taught.rename(first, "wave");
  await taught.addClip(first, clip(1, 2));
  await taught.set("learned", { labels: ["wave"] });
  return { taught, first, second };
}

test("what was learned is forgotten if a clip is added or deleted, or its action renamed", async () => {
  const changes = [
    ({ taught, second }) => taught.addClip(second, clip(3, 4)),
    ({ taught }) => taught.deleteClip([...taught.clips.keys()][0]),
    ({ taught, first }) => taught.rename(first, "Wave"),
  ];
  for (const change of changes) {
    const found = await collection();
    await change(found);
    assert.equal(found.taught.learned, undefined, String(change));
  }
});

test("what was learned stays if only spaces around a name were changed, or an action without clips", async () => {
  const { taught, first, second } = await collection();
  assert.equal(await taught.rename(first, " wave "), "");
  assert.equal(await taught.rename(second, "jump"), "Renamed action 2 to jump.");
  assert.deepEqual(taught.names(), ["wave", "jump"]);
  assert.ok(taught.learned);
});

test("without a storage, closing the page loses what was changed, until all is deleted", async () => {
  assert.ok((await Collection.load(null)).isAllStored, "nothing was changed yet");
  const { taught } = await collection();
  assert.ok(!taught.isAllStored);
  await taught.deleteAll();
  assert.ok(taught.isAllStored);
});

test("what could not be stored is stored with the next change", async () => {
  const written = [];
  const storage = { all: async () => new Map(), write: async (...entries) => written.push(...entries) };
  const { taught } = await collection({ ...storage, write: () => Promise.reject(new DOMException("", "QuotaExceededError")) });
  assert.ok(!taught.isAllStored);
  assert.match(await taught.add(), /^Added action 1. The browser's storage is full/);
  taught.storage = storage;
  assert.equal(await taught.add(), "Added action 3.");
  assert.ok(taught.isAllStored && written.length > 4);
});

// What a browser is asked for: the names of locks and databases.
async function namesAt(href) {
  const names = [];
  const request = async (name, _, hold) => (names.push(name), hold(true));
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: { locks: { request } } });
  const open = (name) => {
    names.push(name);
    const opened = {};
    process.nextTick(() => opened.onsuccess());
    return opened;
  };
  Object.assign(globalThis, { location: new URL(href), indexedDB: { open } });
  assert.ok((await openStorage(() => {})).storage);
  return names;
}

test("pages of the same site at other paths have their own clips, and their own lock", async () => {
  const [here, index, there] = ["/a/", "/a/index.html#teach", "/b/"].map((path) => `https://example.org${path}`);
  const names = await namesAt(here);
  assert.equal(names.length, 2);
  assert.deepEqual(await namesAt(index), names);
  for (const name of await namesAt(there)) assert.ok(!names.includes(name), name);
});
