// Predictions over time, with the same rules as helpers/predictions/timeline.py for a network that predicts after each frame.

import { largest, softmax } from "../model/prediction.js";

const THUMBNAIL = 56; // pixels
const MOST_THUMBNAILS = 24;

export class Timeline {
  constructor(labels, fps) {
    Object.assign(this, { labels, fps, logits: [], best: [], thumbnails: [], thumbnailStep: 4, note: "" });
  }

  get length() {
    return this.logits.length;
  }

  // The time of prediction `i` in seconds: the end of its frame.
  seconds(i) {
    return (i + 1) / this.fps;
  }

  get duration() {
    return this.length / this.fps;
  }

  probabilities(i) {
    return softmax(this.logits[i]);
  }

  // Append a prediction, and the picture that it is about.
  append(logits, canvas) {
    if (this.length % this.thumbnailStep === 0) this.addThumbnail(canvas);
    this.best.push(largest(logits, 1)[0]);
    this.logits.push(logits);
  }

  addThumbnail(canvas) {
    if (this.thumbnails.length === MOST_THUMBNAILS) {
      this.thumbnails = this.thumbnails.filter((_, i) => i % 2 === 0);
      this.thumbnailStep *= 2;
      if (this.length % this.thumbnailStep) return;
    }
    const small = Object.assign(document.createElement("canvas"), { width: THUMBNAIL, height: THUMBNAIL });
    small.getContext("2d").drawImage(canvas, 0, 0, THUMBNAIL, THUMBNAIL);
    this.thumbnails.push(small);
  }

  // Return {start, end, label, probability} of each segment with the same top-1 action: seconds, and the mean probability.
  // Shorter segments than `minSeconds` are left out, unless all are; two of the same action with a shorter gap are merged.
  segments(minSeconds = 1) {
    const stretches = this.stretches();
    const long = stretches.filter(([first, end]) => (end - first) / this.fps >= minSeconds);
    const merged = [];
    for (const [first, end, action] of long.length ? long : stretches) {
      const before = merged.at(-1);
      if (before?.[2] === action && (first - before[1]) / this.fps < minSeconds) before[1] = end;
      else merged.push([first, end, action]);
    }
    return merged.map(([first, end, action]) => ({
      start: this.seconds(first) - 0.5 / this.fps,
      end: this.seconds(end - 1) + 0.5 / this.fps,
      label: this.labels[action],
      probability: this.meanProbability(first, end, action),
    }));
  }

  // [first, end, action] of each run of predictions with the same top-1 action.
  stretches() {
    const found = [];
    this.best.forEach((action, i) => {
      if (found.at(-1)?.[2] === action) found.at(-1)[1] = i + 1;
      else found.push([i, i + 1, action]);
    });
    return found;
  }

  meanProbability(first, end, action) {
    let sum = 0;
    for (let i = first; i < end; i++) sum += this.probabilities(i)[action];
    return sum / (end - first);
  }

  // Return the indices of the actions with the largest probability at any time, in the order of these times.
  mostProbable(count) {
    const peaks = this.labels.map(() => ({ probability: 0, at: 0 }));
    for (let i = 0; i < this.length; i++) {
      this.probabilities(i).forEach((probability, action) => {
        if (probability > peaks[action].probability) peaks[action] = { probability, at: i };
      });
    }
    const best = largest(
      peaks.map(({ probability }) => probability),
      count,
    );
    return best.sort((a, b) => peaks[a].at - peaks[b].at);
  }

  toString() {
    const lines = this.segments().map(
      ({ start, end, label, probability }) => `${timestamp(start)}–${timestamp(end)} ${label} ${Math.round(100 * probability)}%`,
    );
    return [...lines, ...(this.note ? [this.note] : [])].join("\n");
  }

  // The most probable actions of each prediction as CSV: seconds, rank, action, probability.
  toCSV(count = 5) {
    const rows = [["seconds", "rank", "action", "probability"]];
    for (let i = 0; i < this.length; i++) {
      const probabilities = this.probabilities(i);
      largest(probabilities, count).forEach((action, rank) => {
        rows.push([this.seconds(i).toFixed(2), rank + 1, this.labels[action], probabilities[action].toFixed(4)]);
      });
    }
    return rows.map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
  }
}

const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

// Seconds as minutes and seconds: 63.2 as "1:03".
export const timestamp = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds) % 60).padStart(2, "0")}`;
