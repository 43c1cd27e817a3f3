// A chart of the most probable actions over time.

import { timestamp } from "./timeline.js";

const LINES = 6;
const MARGIN = { left: 44, right: 12, top: 10, bottom: 28 };
const HEIGHT = 220;
const POINTS = 1000; // most points of a line

const svg = (name, attributes, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

export class Chart {
  // Draws in `figure`, which contains elements of the classes plot, legend, and film; again whenever its width changes.
  constructor(figure, timeline) {
    const actions = timeline.mostProbable(LINES);
    Object.assign(this, { plot: figure.querySelector(".plot"), timeline, actions, time: null });
    this.series = seriesOf(timeline, actions);
    figure.querySelector(".legend").replaceChildren(...actions.map((action, i) => legend(timeline.labels[action], i)));
    figure.querySelector(".film").replaceChildren(...timeline.thumbnails);
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.plot);
  }

  remove() {
    this.observer.disconnect();
  }

  draw() {
    const width = this.plot.clientWidth;
    if (!width) return;
    const { duration } = this.timeline;
    const [x, y] = [
      (seconds) => MARGIN.left + (seconds / duration) * (width - MARGIN.left - MARGIN.right),
      (share) => HEIGHT - MARGIN.bottom - share * (HEIGHT - MARGIN.top - MARGIN.bottom),
    ];
    this.cursor = svg("line", { class: "cursor", y1: y(0), y2: y(1) });
    const lines = this.series.values.map((values, i) => {
      const points = values.map((value, k) => `${x(this.series.seconds[k]).toFixed(1)},${y(value).toFixed(1)}`);
      return svg("polyline", { class: `line line-${i}`, points: points.join(" ") });
    });
    const text = `Probabilities of ${this.actions.length} actions over ${timestamp(duration)}. ${this.timeline.toString().replaceAll("\n", "; ")}`;
    const root = svg("svg", { role: "img", "aria-label": text, width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}` });
    root.append(...percentages(x(0), x(duration), y), ...times(duration, width, x, y), ...lines, this.cursor);
    this.plot.replaceChildren(root);
    this.x = x;
    this.moveCursor(this.time);
  }

  // Show a time of the video in seconds; none if it is null.
  moveCursor(time) {
    this.time = time;
    if (!this.cursor) return;
    this.cursor.style.display = time === null ? "none" : "";
    if (time !== null)
      ["x1", "x2"].forEach((name) => this.cursor.setAttribute(name, this.x(Math.min(time, this.timeline.duration))));
  }
}

function seriesOf(timeline, actions) {
  const step = Math.max(1, Math.ceil(timeline.length / POINTS));
  const [seconds, values] = [[], actions.map(() => [])];
  for (let i = 0; i < timeline.length; i += step) {
    const probabilities = timeline.probabilities(i);
    seconds.push(timeline.seconds(i));
    actions.forEach((action, k) => values[k].push(probabilities[action]));
  }
  return { seconds, values };
}

function percentages(left, right, y) {
  return [0, 0.5, 1].flatMap((share) => [
    svg("line", { class: "grid", x1: left, x2: right, y1: y(share), y2: y(share) }),
    svg("text", { x: left - 6, y: y(share) + 4, "text-anchor": "end" }, `${100 * share}%`),
  ]);
}

function times(duration, width, x, y) {
  const steps = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const step = steps.find((seconds) => (duration / seconds) * 56 <= width - MARGIN.left) ?? 7200;
  const ticks = Array.from({ length: Math.floor(duration / step) + 1 }, (_, i) => i * step);
  const label = (seconds) => (step < 1 ? `${seconds} s` : timestamp(seconds));
  return ticks.map((seconds) => svg("text", { x: x(seconds), y: y(0) + 20, "text-anchor": "middle" }, label(seconds)));
}

function legend(label, i) {
  const sample = svg(
    "svg",
    { width: 32, height: 8, "aria-hidden": "true" },
    svg("line", { class: `line line-${i}`, x1: 1, x2: 31, y1: 4, y2: 4 }),
  );
  const item = document.createElement("li");
  item.append(sample, label);
  return item;
}
