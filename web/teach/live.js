// Predictions of what the camera shows, with the actions that were learned.

import { PredictionStream, say, showPrediction } from "../camera/predictions.js";
import { FPS } from "../model/movinet.js";
import { topActions } from "../model/prediction.js";
import { Recent } from "../model/recent.js";
import { logits as logitsOf, standardize } from "./classifier.js";

export const SECONDS = 3; // of a recorded clip, and the most that a prediction depends on
const NONE = "None of these";

// Return the name of what is seen, and the most probable actions with their probabilities, in descending order. `logits` are those
// of the network.
export function recognize(learned, logits, threshold) {
  const top = topActions(learned.labels, logitsOf(learned, standardize(logits)));
  const [label, probability] = top[0];
  return { name: probability < threshold ? NONE : label, top };
}

export class Live {
  // `root` contains PREDICTIONS, ANNOUNCEMENT, and a `.seen`. `threshold()` is the probability below which nothing is named.
  constructor(root, model, threshold, onError) {
    Object.assign(this, { root, model, threshold, onError, recent: null, learned: null });
    this.predictions = new PredictionStream((message, buffers) => this.receive(message, buffers), "The model");
  }

  get isOn() {
    return this.predictions.session !== null;
  }

  start(learned) {
    this.learned = learned;
    this.predictions.start();
  }

  stop() {
    this.predictions.stop();
  }

  // Predict one more frame; `pixels` is a function that returns it. Returns a sentence about how it goes.
  frame(pixels, now) {
    this.predictions.frame(pixels, now);
    return this.predictions.state(now);
  }

  // What the stream of predictions sends to the model.
  receive({ type, number, session }, buffers) {
    if (type === "start") this.recent = new Recent(() => this.model.newStream(), SECONDS * FPS);
    else if (type === "stop") this.recent.close();
    else this.predict(number, session, buffers[0]).catch((error) => session === this.predictions.session && this.onError(error));
  }

  async predict(number, session, pixels) {
    const logits = await this.recent.next(pixels);
    if (session !== this.predictions.session) return; // it was stopped in the meantime
    const { name, top } = recognize(this.learned, logits, this.threshold());
    const shown = this.predictions.receive({ number, top: [[name]] }, performance.now());
    say(this.root, ".seen", name);
    showPrediction(this.root, { ...shown, top, announcement: shown.announcement && name });
  }
}
