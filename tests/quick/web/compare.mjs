// Compute in JavaScript what a test compares with Python: read a task as JSON from a file, and print the result as JSON.
import { readFileSync } from "node:fs";
import process from "node:process";

import { resize } from "../../../helpers/camera/resize.js";
import { LABELS, NETWORK, FPS, SIZE } from "../../../web/model/movinet.js";
import { Timeline } from "../../../web/recognize/timeline.js";
import { centerSquare } from "../../../web/video/pixels.js";

const TASKS = {
  constants: () => ({ LABELS, NETWORK, FPS, SIZE }),
  square: ([width, height]) => centerSquare(width, height),
  resize: ({ rgba, side, size }) => [...resize(rgba, side, size)],
  timeline: ({ labels, fps, logits }) => {
    const timeline = new Timeline(labels, fps);
    timeline.addThumbnail = () => {}; // which needs a browser
    logits.forEach((row) => timeline.append(Float32Array.from(row), null));
    return { text: String(timeline), segments: timeline.segments(), csv: timeline.toCSV(2), best: timeline.mostProbable(2) };
  },
};

const { task, argument } = JSON.parse(readFileSync(process.argv[2], "utf8"));
console.log(JSON.stringify(TASKS[task](argument)));
