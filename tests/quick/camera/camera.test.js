import assert from "node:assert/strict";
import test from "node:test";

import { centerSquare, explain, nextFrame, withoutAlpha } from "../../../helpers/camera/camera.js";

test("the center square of a wide, a high, and a cropped picture", () => {
  assert.deepEqual(centerSquare(640, 480, 1), { left: 80, top: 0, side: 480 });
  assert.deepEqual(centerSquare(480, 640, 1), { left: 0, top: 80, side: 480 });
  assert.deepEqual(centerSquare(640, 480, 0.5), { left: 200, top: 120, side: 240 });
});

test("a frame is due one period after the last one, or after now if that is long past", () => {
  assert.equal(nextFrame(1000, 1000, 200), 1200);
  assert.equal(nextFrame(1000, 1150, 200), 1200);
  assert.equal(nextFrame(1000, 1200, 200), 1200);
  assert.equal(nextFrame(1000, 1201, 200), 1401);
  assert.equal(nextFrame(0, 5000, 200), 5200);
});

test("pixels lose their alpha", () => {
  const rgb = withoutAlpha(new Uint8ClampedArray([1, 2, 3, 255, 4, 5, 6, 255]));
  assert.deepEqual(rgb, new Uint8Array([1, 2, 3, 4, 5, 6]));
});

test("an error says what to do, and an unknown one what happened", () => {
  assert.match(explain({ name: "NotFoundError", message: "" }), /^No camera was found: connect one/);
  assert.equal(explain({ name: "AbortError", message: "for a reason" }), "The camera cannot be opened: AbortError for a reason");
});
