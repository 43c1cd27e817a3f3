import assert from "node:assert/strict";
import test from "node:test";

import { Recording } from "../../../helpers/camera/recording.js";

test("a countdown of three seconds, which starts when the camera is on", () => {
  const recording = new Recording(2, 5);
  assert.equal(recording.left(0), 3);
  recording.start(1000);
  assert.deepEqual(
    [1000, 1001, 2000, 3999, 4000, 9000].map((now) => recording.left(now)),
    [3, 3, 2, 1, 0, 0],
  );
});

test("a clip is complete when it has all frames, and a frame after a gap is repeated", () => {
  const recording = new Recording(4, 5);
  assert.equal(recording.add("a", 100), false);
  assert.equal(recording.add("b", 300), false);
  assert.equal(recording.add("c", 1900), true);
  assert.deepEqual(recording.pixels, ["a", "b", "c", "c"]);
});

test("a frame that comes early counts once", () => {
  const recording = new Recording(3, 5);
  recording.add("a", 0);
  recording.add("b", 90);
  recording.add("c", 200);
  assert.deepEqual(recording.pixels, ["a", "c"]);
});
