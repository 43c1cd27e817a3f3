// A stream of predictions: frames go to a model, wherever it runs, and its predictions come back and are shown.

const AHEAD = 2; // frames that may wait for their prediction
const BUSY = 2000; // milliseconds that the model is called busy after a frame was skipped
const SILENT = 10000; // milliseconds without a reply after which the model may be lost
const WINDOW = 5000; // milliseconds over which rate and latency are computed
const MEASURED = 1000; // least milliseconds between two measurements
const ANNOUNCED = 4000; // least milliseconds between two announcements to screen readers

export const PREDICTIONS = `<div class="predictions"><ol aria-label="Most probable actions"></ol><p class="rates"></p></div>`;
export const ANNOUNCEMENT = `<p class="announcement" aria-live="polite"></p>`;
const BAR = `<span class="label"></span> <span class="percent"></span> <span class="bar" aria-hidden="true"></span>`;

export class PredictionStream {
  // `send(message, buffers)` sends to the model, which `name` names in texts. The messages: "start", "frame" (one buffer), "stop".
  // The model replies to each frame with its number and `top`, pairs of a label and a probability in descending order.
  constructor(send, name) {
    Object.assign(this, { send, name, session: null, measuredAt: -Infinity, announcedAt: -Infinity });
  }

  start() {
    this.session = `${Date.now()}-${Math.random()}`; // replies to an earlier session can be told apart
    Object.assign(this, { waiting: new Map(), number: 0, skippedAt: -Infinity });
    this.forgetRates();
    this.send({ type: "start", session: this.session });
  }

  stop() {
    const { session } = this;
    this.session = null;
    if (session) this.send({ type: "stop", session });
  }

  // Send a frame, unless too many wait for their prediction. `pixels` is a function, since reading pixels is slow.
  frame(pixels, now) {
    if (this.waiting.size >= AHEAD) {
      this.skippedAt = now;
      return;
    }
    this.waiting.set(++this.number, now);
    this.send({ type: "frame", number: this.number, session: this.session }, [pixels()]);
  }

  state(now) {
    const [oldest] = this.waiting.values();
    if (now - oldest > SILENT) return `${this.name} has not replied for ${SILENT / 1000} s: it is busy or has stopped.`;
    if (now - this.skippedAt < BUSY) return `${this.name} is busy: some frames are skipped.`;
    return "Live.";
  }

  // Return what `showPrediction` needs for a reply of the model; a text that does not change is undefined.
  receive({ number, top }, now) {
    const latency = now - this.waiting.get(number);
    this.waiting.delete(number);
    this.shown = [...this.shown.filter((one) => now - one.now < WINDOW), { now, latency }];
    return { number, latency, top, rates: this.rates(now), announcement: this.announcement(top[0][0], now) };
  }

  // After a pause, which would count as slow.
  forgetRates() {
    this.shown = [];
  }

  rates(now) {
    const text = describeRates(this.shown);
    if (!text || now - this.measuredAt < MEASURED) return undefined;
    this.measuredAt = now;
    return text;
  }

  announcement(label, now) {
    if (label === this.announced || now - this.announcedAt < ANNOUNCED) return undefined;
    Object.assign(this, { announced: label, announcedAt: now });
    return `Most probable: ${label}`;
  }
}

// The rate and the median latency of predictions; nothing if they cover less than a second.
export function describeRates(shown) {
  const seconds = (shown.at(-1).now - shown[0].now) / 1000;
  if (seconds < 1) return "";
  const latencies = shown.map(({ latency }) => latency).sort((a, b) => a - b);
  const [rate, median] = [(shown.length - 1) / seconds, latencies[Math.floor(latencies.length / 2)]];
  return `${rate.toFixed(1)} frames a second, ${median.toFixed(0)} ms from frame to bars`;
}

// Show a prediction in an element that contains PREDICTIONS and ANNOUNCEMENT.
export function showPrediction(root, { number, latency, top, rates, announcement }) {
  root.querySelector("ol").replaceChildren(...top.map(bar));
  if (rates) say(root, ".rates", rates);
  if (announcement) say(root, ".announcement", announcement);
  root.dispatchEvent(new CustomEvent("prediction", { bubbles: true, detail: { number, latency, top } }));
}

export function say(root, selector, text) {
  const line = root.querySelector(selector);
  if (line.textContent !== text) line.textContent = text; // only a change is read aloud
}

export const percent = (probability) => `${(100 * probability).toFixed(1)}%`;

function bar([label, probability]) {
  const item = Object.assign(document.createElement("li"), { innerHTML: BAR });
  item.querySelector(".label").textContent = label;
  item.querySelector(".percent").textContent = percent(probability);
  item.querySelector(".bar").style.width = `${100 * probability}%`;
  return item;
}
