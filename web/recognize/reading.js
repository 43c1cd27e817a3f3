// Predict the actions over time in a video file.

import { FPS } from "../model/movinet.js";
import { framesOfFile } from "../video/frames.js";
import { Timeline, timestamp } from "./timeline.js";

// Return the timeline of a file. `onFrame({logits, time, duration, canvas})` is called after each prediction. Aborting the `signal`
// ends the timeline, whose `note` says so. Throws an Error if there is nothing to show.
export async function readTimeline({ file, stream, labels, onFrame, signal }) {
  const timeline = new Timeline(labels, FPS);
  try {
    for await (const { pixels, time, duration, canvas } of framesOfFile(file)) {
      if (signal.aborted) {
        timeline.note = `Stopped at ${timestamp(time)} of ${timestamp(duration)}.`;
        break;
      }
      const logits = await stream.next(pixels);
      timeline.append(logits, canvas);
      onFrame({ logits, time, duration, canvas });
    }
  } catch (error) {
    if (!timeline.length) throw error;
    timeline.note = `The video ends after ${timestamp(timeline.duration)}: ${error.message}`;
  } finally {
    stream.close();
  }
  return timeline;
}

// How far it is, and how long it will take.
export function describeProgress(name, time, duration, elapsed) {
  const left = (elapsed / (time + 1 / FPS)) * (duration - time);
  const rest = left > 20000 ? `, ${timeLeft(left)} left` : "";
  return `Reading ${name}: ${timestamp(time)} of ${timestamp(duration)}${rest}`;
}

const timeLeft = (milliseconds) => {
  const minutes = Math.round(milliseconds / 60000);
  return minutes < 1 ? "less than a minute" : `about ${minutes} minute${minutes === 1 ? "" : "s"}`;
};
