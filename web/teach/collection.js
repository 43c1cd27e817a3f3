// The actions and their clips, and what was learned from them. All changes are kept in the browser's storage.

import { newName, toName } from "./names.js";
import { explainStorage } from "./storage.js";

const BEGIN_WITH = 2; // actions
const THRESHOLD = 0.6;

export class Collection {
  // `storage` is a Storage; without one (null), all is lost when the page is closed.
  static async load(storage) {
    const stores = storage ? await Promise.all(["actions", "clips", "settings"].map((store) => storage.all(store))) : [];
    const [actions, clips, settings] = stores.length ? stores : [new Map(), new Map(), new Map()];
    return new Collection(storage, actions, clips, settings);
  }

  constructor(storage, actions, clips, settings) {
    Object.assign(this, { storage, actions, clips, settings, pending: [], problem: "" });
    while (this.actions.size < BEGIN_WITH) this.actions.set(newId(), newName(this.names()));
  }

  // Whether nothing is lost if the page is closed; if not, although there is a storage, `problem` is the reason.
  get isAllStored() {
    return this.pending.length === 0;
  }

  // What was learned last, or opened; undefined if clips have changed since.
  get learned() {
    return this.settings.get("learned");
  }

  // The probability below which nothing is named.
  get threshold() {
    return this.settings.get("threshold") ?? THRESHOLD;
  }

  names(except) {
    return [...this.actions].filter(([id]) => id !== except).map(([, name]) => name);
  }

  // The clips of an action, [id, clip] each.
  clipsOf(action) {
    return [...this.clips].filter(([, clip]) => clip.action === action);
  }

  // All clips, with the names of their actions, and names of their own.
  named() {
    const clips = [...this.actions].flatMap(([id, action]) =>
      this.clipsOf(id).map(([, clip], i) => ({ ...clip, action, file: `${action}/${String(i + 1).padStart(3, "0")}` })),
    );
    return clips.sort((a, b) => (a.file < b.file ? -1 : 1)); // in Python's order, on which the choice of C depends
  }

  // The methods that change something return a sentence about it.
  async add() {
    const [id, name] = [newId(), newName(this.names())];
    return this.change(`Added ${name}.`, ["actions", id, name]);
  }

  async remove(action) {
    return this.change(`Removed ${this.actions.get(action)}.`, ["actions", action, undefined]);
  }

  async rename(action, text) {
    const [before, name] = [this.actions.get(action), toName(text, this.names(action))];
    if (name === before) return ""; // only spaces around it were changed
    const forgotten = this.clipsOf(action).length ? this.forgotten() : [];
    return this.change(`Renamed ${before} to ${name}.`, ["actions", action, name], ...forgotten);
  }

  async addClip(action, clip) {
    this.requireNew(clip);
    const entries = [["actions", action, this.actions.get(action)], ["clips", newId(), { ...clip, action }]]; // prettier-ignore
    return this.change(`Added a clip to ${this.actions.get(action)}.`, ...entries, ...this.forgotten());
  }

  async deleteClip(id) {
    const name = this.actions.get(this.clips.get(id).action);
    return this.change(`Deleted a clip of ${name}.`, ["clips", id, undefined], ...this.forgotten());
  }

  async set(name, value, said = "") {
    return this.change(said, ["settings", name, value]);
  }

  async deleteAll() {
    await this.storage?.clear();
    for (const store of [this.actions, this.clips, this.settings]) store.clear();
    while (this.actions.size < BEGIN_WITH) this.actions.set(newId(), newName(this.names()));
    this.pending = [];
    return "All clips, and what was learned from them, were deleted.";
  }

  // What was learned from clips that have changed is forgotten; what was opened stays.
  forgotten() {
    return this.learned && !this.learned.isOpened ? [["settings", "learned", undefined]] : [];
  }

  // The same clip twice would be learned from and tested on.
  requireNew({ features }) {
    for (const { action, features: other } of this.clips.values()) {
      if (features.every((value, k) => value === other[k])) {
        throw new Error(`It is the same clip as one of ${this.actions.get(action)}, so it was not added.`);
      }
    }
  }

  // Change what the page shows first: if it cannot be stored, nothing is lost while the page is open.
  async change(said, ...entries) {
    for (const [store, key, value] of entries) {
      if (value === undefined) this[store].delete(key);
      else this[store].set(key, value);
    }
    this.pending.push(...entries);
    if (!this.storage) return said;
    const written = [...this.pending]; // also what could not be stored before: by now, there may be space for it
    try {
      await this.storage.write(...written);
      this.pending = this.pending.filter((entry) => !written.includes(entry));
    } catch (error) {
      this.problem = explainStorage(error);
    }
    return this.withProblem(said);
  }

  // Append why not all is stored to a sentence.
  withProblem(said) {
    return this.isAllStored ? said : `${said} ${this.problem}`.trim();
  }
}

let count = 0;

// Ids are sorted by the time at which they were made.
const newId = () => `${Date.now()}-${String(count++).padStart(4, "0")}-${Math.random()}`;
