// Teach own actions: record or add clips, learn from them, and see the actions recognized live.

import { NETWORK, SIZE } from "../model/movinet.js";
import { saveFile } from "../save_file.js";
import { makeCard, recalls, sentences } from "./card.js";
import { learn } from "./classifier.js";
import { clipOfFile } from "./clip_of_file.js";
import { Collection } from "./collection.js";
import { describe, middleOf } from "./describe.js";
import { toPicture } from "./page.js";
import { FOLDER, fromZip, toZip } from "./saved.js";
import { crossValidate, inWords, withEnough } from "./score.js";
import { openStorage } from "./storage.js";
import { View } from "./view.js";

const BEGIN = "Record or add at least two clips each of at least two actions, then choose Learn.";
const READY = "Choose Live to see the learned actions recognized.";

// Fill an element with the view. `model` is MoViNet, and `camera` the module video/frames.js.
export async function startTeach({ element, model, camera }) {
  const teach = new Teach(element, model, camera);
  teach.start().catch((error) => teach.view.say(error.message)); // not awaited: it may wait for another tab
}

class Teach {
  constructor(element, model, camera) {
    Object.assign(this, { model, camera, collection: null, isBusy: false });
    this.view = new View(element, model, camera, this);
    addEventListener("beforeunload", (event) => this.collection && !this.collection.isAllStored && event.preventDefault());
  }

  async start() {
    const { storage, problem } = await openStorage((text) => this.view.say(text));
    this.collection = await Collection.load(storage);
    this.view.show();
    const { clips, learned } = this.collection;
    const found = clips.size ? `Found ${clips.size} clip${clips.size === 1 ? "" : "s"} from before. ` : "";
    this.view.say(problem ?? found + (learned ? READY : BEGIN));
  }

  // Call a method of the collection that changes something, and say what it returns.
  async change(method, ...values) {
    try {
      const said = await this.collection[method](...values);
      this.view.show();
      if (said) this.view.say(said);
    } catch (error) {
      this.view.show();
      this.view.say(error.message);
    }
  }

  // Do what takes long, one at a time; `action` returns what to say at the end.
  async work(action) {
    if (this.isBusy || this.view.studio.recording) return this.view.say("Wait until this is finished, and try again.");
    this.view.studio.endLive();
    this.isBusy = true;
    this.view.show();
    let said;
    try {
      said = await action();
    } catch (error) {
      said = error.message;
    }
    this.isBusy = false;
    this.view.show();
    this.view.say(said);
  }

  addRecorded(action, frames) {
    return this.work(async () => this.addClip(action, { frames: await Promise.all(frames), width: SIZE, height: SIZE }));
  }

  // Add video files to an action, one after the other; what cannot be added is listed with the reason.
  addFiles(action, files) {
    return this.work(async () => {
      const problems = [];
      for (const [i, file] of files.entries()) {
        this.view.say(`Reading ${file.name} (${i + 1} of ${files.length}).`);
        try {
          await this.addClip(action, await clipOfFile(file, this.camera.framesOfFile));
        } catch (error) {
          problems.push(error.message.startsWith(file.name) ? error.message : `${file.name}: ${error.message}`);
        }
        this.view.show();
      }
      this.view.showProblems(problems);
      const added = `Added ${files.length - problems.length} of ${files.length} files to ${this.collection.actions.get(action)}.`;
      return this.collection.withProblem(added);
    });
  }

  async addClip(action, { frames, width, height }) {
    const described = await describe(this.model, frames, { width, height });
    return this.collection.addClip(action, { ...described, picture: toPicture(middleOf(frames), SIZE) });
  }

  learn() {
    return this.work(async () => {
      const all = this.collection.named();
      const clips = withEnough(all);
      const score = await crossValidate(clips, (tested) => this.progress(tested, clips.length));
      const { labels, weights, bias, C } = learn(
        clips.map(({ features }) => features),
        clips.map(({ action }) => action),
      );
      const card = makeCard({ C, score, clips, fingerprint: `litert-${NETWORK[1].slice(0, 16)}` });
      const learned = { labels, weights: Float32Array.from(weights), bias: Float32Array.from(bias), card };
      const left = [...new Set(all.map(({ action }) => action))].filter((name) => !labels.includes(name));
      const said = [
        `Learned from ${clips.length} clips.`,
        ...left.map((name) => `${name} was not learned: it has only one clip.`),
      ];
      return this.collection.set("learned", { ...learned, lines: inWords(score), recalls: recalls(card) }, said.join(" "));
    });
  }

  // Say how far it is, and let the browser show it.
  async progress(tested, count) {
    this.view.say(`Testing clip ${tested + 1} of ${count} with a model learned from the others.`);
    await new Promise((resolve) => setTimeout(resolve));
  }

  save() {
    return this.work(async () => {
      saveFile(await toZip(this.model.content, this.collection.learned), `${FOLDER}.zip`, "application/zip");
      return `Saved ${FOLDER}.zip. In Python, unzip it, and load_model("${FOLDER}") loads it.`;
    });
  }

  open(file) {
    return this.work(async () => {
      const { labels, weights, bias, card } = await fromZip(new Uint8Array(await file.arrayBuffer()), file.name, NETWORK[1]);
      const learned = { labels, weights, bias, card, lines: sentences(card), recalls: recalls(card), isOpened: true };
      return this.collection.set("learned", learned, `Opened ${file.name}: ${labels.join(", ")}.`);
    });
  }

  async deleteAll() {
    if (!confirm("Delete all clips, and what was learned from them, from this browser?")) return;
    this.view.studio.endLive();
    this.view.showProblems([]);
    await this.change("deleteAll");
  }
}
