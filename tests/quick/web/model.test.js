import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import test from "node:test";

import { largest, softmax, topActions } from "../../../web/model/prediction.js";
import { Recent } from "../../../web/model/recent.js";
import { digest } from "../../../web/model/sha256.js";
import { runtimeName } from "../../../web/model/simd.js";

test("probabilities sum to 1, also of large logits", () => {
  assert.deepEqual([...softmax([1000, 1000])], [0.5, 0.5]);
  const sum = softmax(Float32Array.from({ length: 600 }, (_, i) => Math.sin(i))).reduce((a, b) => a + b);
  assert.ok(Math.abs(sum - 1) < 1e-12);
});

test("the most probable actions come in descending order, and equal ones in the order of their labels", () => {
  assert.deepEqual(largest([1, 3, 2, 3], 3), [1, 3, 2]);
  const [[first], [second]] = topActions(["run", "jump"], [0, 1]);
  assert.deepEqual([first, second], ["jump", "run"]);
});

test("a stream of recent frames depends on half a window to a whole one", async () => {
  const open = new Set();
  const newStream = () => {
    const seen = [];
    const stream = { next: async (frame) => seen.slice(0, seen.push(frame)), close: () => open.delete(stream) };
    open.add(stream);
    return stream;
  };
  const recent = new Recent(newStream, 4);
  const covered = [];
  for (let i = 0; i < 9; i++) covered.push((await recent.next(i)).length);
  assert.deepEqual(covered, [1, 2, 3, 4, 3, 4, 3, 4, 3]);
  assert.equal(open.size, 2);
  recent.close();
  assert.equal(open.size, 0);
});

test("SHA-256 without crypto.subtle", () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7) % 256);
    assert.equal(Buffer.from(digest(bytes)).toString("hex"), createHash("sha256").update(bytes).digest("hex"), `${length} bytes`);
  }
});

test("the runtime fits the browser, and without SIMD the error says what to do", () => {
  assert.equal(
    runtimeName(() => true),
    "litert_wasm_internal",
  );
  let calls = 0;
  assert.equal(
    runtimeName(() => calls++ === 0),
    "litert_wasm_compat_internal",
  );
  assert.throws(() => runtimeName(() => false), /no WebAssembly with SIMD.*Update the browser/);
  assert.match(runtimeName(), /^litert_wasm/, "Node.js has SIMD");
});
