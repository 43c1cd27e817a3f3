// MoViNet-A0, the causal network of notebook 06, run by LiteRT.js: it predicts after each frame of a stream.

import { download } from "./download.js";
import { runtimeName } from "./simd.js";

export const SIZE = 172; // pixels, of frames; float32 RGB from 0 to 1
export const FPS = 5; // frames per second
// As in helpers/models/movinet/files.py.
export const NETWORK = ["movinet_a0_stream_int8.tflite", "6125b36e2485eeb5cc1fd6206cf5e5d70235593fbc84610d1dce97fe3aa9c2ac"];
export const LABELS = ["kinetics_600_labels.txt", "8dfca4202520ea8291ce0242ef33b006d0a0772b409663c090a2876bc1978dcf"];

// Load the network below `base`, a URL that ends with a slash. `onProgress` is called with the share that is there, from 0 to 1.
// Throws an Error if this browser cannot run it, or if a file is missing or not the published one.
export async function loadMoViNet({ base = new URL("../", import.meta.url), onProgress = () => {} } = {}) {
  const runtime = runtimeName();
  const files = [download(base, ...NETWORK, onProgress), download(base, ...LABELS), loadLiteRT(base, runtime)];
  const [network, labels, litert] = await Promise.all(files);
  const compiled = await litert.loadAndCompile(network, { accelerator: "wasm" });
  return new MoViNet({
    compiled,
    Tensor: litert.Tensor,
    content: network,
    labels: new TextDecoder().decode(labels).trimEnd().split("\n"),
  });
}

async function loadLiteRT(base, runtime) {
  try {
    const litert = await import(new URL("litert/index.js", base));
    await (litert.getGlobalLiteRtPromise() ?? litert.loadLiteRt(new URL(`litert/${runtime}.js`, base).href));
    return litert;
  } catch (error) {
    throw new Error("LiteRT, which runs the model, could not be loaded. Load the page again.", { cause: error });
  }
}

export class MoViNet {
  // `labels` are the 600 actions of Kinetics-600, in the order of the logits; `content` is the network's file.
  constructor({ compiled, Tensor, content, labels }) {
    Object.assign(this, { compiled, Tensor, content, labels });
  }

  newStream() {
    return new Stream(this.compiled, this.Tensor);
  }
}

// The predictions for one video or camera. The network's states, which start at zero, are kept here.
export class Stream {
  constructor(compiled, Tensor) {
    Object.assign(this, { compiled, Tensor, busy: Promise.resolve(), states: null, closed: false });
  }

  // Return the logits after one more frame, Float32Array [600]. `pixels` is a Float32Array [172 * 172 * 3], RGB from 0 to 1, or a
  // promise of one.
  next(pixels) {
    const result = this.busy.then(() => this.advance(pixels));
    this.busy = result.catch(() => {}); // frames are computed in the order in which they came
    return result;
  }

  async advance(pixels) {
    if (this.closed) throw new Error("The stream was closed: start a new one.");
    this.states ??= zeroStates(this.compiled, this.Tensor);
    const image = new this.Tensor(await pixels, [1, 1, SIZE, SIZE, 3]);
    const before = this.states;
    const { logits, ...after } = await this.compiled.run({ ...before, image }).finally(() => image.delete());
    free(before);
    this.states = after;
    const result = logits.toTypedArray();
    logits.delete();
    return result;
  }

  // Free the memory of the states.
  close() {
    this.closed = true;
    this.busy = this.busy.then(() => {
      free(this.states ?? {});
      this.states = null;
    });
  }
}

const free = (tensors) => Object.values(tensors).forEach((tensor) => tensor.delete());

function zeroStates(compiled, Tensor) {
  const states = compiled.getInputDetails().filter(({ name }) => name !== "image");
  const zeros = ({ dtype, shape }) => new { float32: Float32Array, int32: Int32Array }[dtype](shape.reduce((a, b) => a * b, 1));
  return Object.fromEntries(states.map((state) => [state.name, new Tensor(zeros(state), state.shape)]));
}
