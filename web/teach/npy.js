// NumPy's file format for one array, version 1 (numpy.lib.format).

const MAGIC = "\x93NUMPY";
const TYPES = { "<f4": Float32Array, "<f8": Float64Array };

// Return a float32 array as the bytes of an npy file.
export function writeNpy(values, shape) {
  const tuple = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10; // the array begins at a multiple of 64 bytes
  const header = `${MAGIC}\x01\x00${String.fromCharCode(length & 255, length >> 8)}${text.padEnd(length - 1)}\n`;
  const bytes = new Uint8Array(header.length + 4 * values.length);
  bytes.set(Array.from(header, (character) => character.charCodeAt(0)));
  const view = new DataView(bytes.buffer, header.length);
  values.forEach((value, i) => view.setFloat32(4 * i, value, true));
  return bytes;
}

// Return the `shape` of an array and its `values`, row by row, as a Float64Array. Throws an Error for anything but floats.
export function readNpy(bytes) {
  const header = String.fromCharCode(...bytes.subarray(0, 10));
  if (!header.startsWith(MAGIC)) throw new Error("it is not an array");
  const start = 10 + header.charCodeAt(8) + 256 * header.charCodeAt(9);
  const text = String.fromCharCode(...bytes.subarray(10, start));
  const Type = TYPES[/'descr': '([^']*)'/.exec(text)?.[1]];
  const shape = (/'shape': \(([\d, ]*)\)/.exec(text)?.[1] ?? "").split(",").filter((side) => side.trim());
  const sides = shape.map(Number);
  const count = sides.reduce((a, b) => a * b, 1);
  if (header[6] !== "\x01" || !Type || bytes.length - start !== count * Type.BYTES_PER_ELEMENT) {
    throw new Error(`an array is not one of floats, or is not complete: ${text.trim().slice(0, 100)}`);
  }
  const values = Float64Array.from(new Type(bytes.slice(start).buffer)); // every browser's processor is little-endian
  const byColumns = sides.length === 2 && text.includes("'fortran_order': True");
  return { shape: sides, values: byColumns ? transpose(values, sides) : values };
}

function transpose(values, [rows, columns]) {
  return values.map((_, i) => values[(i % columns) * rows + Math.floor(i / columns)]);
}
