// Which of LiteRT's two runtimes a browser can run: WebAssembly with SIMD (vector instructions), relaxed or not.

const bytes = (...code) => new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, ...code]);
const SIMD = bytes(10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11); // i8x16.popcnt
const RELAXED = bytes(15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11); // i8x16.relaxed_swizzle

// Return the name of a runtime, without its ending. Throws an Error if this browser can run neither.
export function runtimeName(validate = globalThis.WebAssembly?.validate) {
  if (!validate?.(SIMD)) {
    throw new Error("This browser has no WebAssembly with SIMD, which the model needs. Update the browser, or try another one.");
  }
  return validate(RELAXED) ? "litert_wasm_internal" : "litert_wasm_compat_internal";
}
