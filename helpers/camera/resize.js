// Resize a picture as OpenCV's INTER_LINEAR, and so helpers/video/preprocessing.py, does.

const ONE = 2048; // OpenCV's weights are integers, multiples of 1 / 2048

// Resize a square in RGBA to uint8 RGB [size * size * 3].
export function resize(rgba, side, size) {
  const result = new Uint8Array(size * size * 3);
  const taps = Array.from({ length: size }, (_, i) => tap(i, side, size));
  const rows = new Map(); // the two that a row of the result lies between, resized horizontally
  const row = (y) => {
    if (!rows.has(y)) {
      if (rows.size > 1) rows.delete(Math.min(...rows.keys()));
      rows.set(y, resizeRow(rgba, y * side, taps, size));
    }
    return rows.get(y);
  };
  taps.forEach(({ first, second, weight }, y) => {
    const [above, below] = [row(first), row(second)];
    for (let i = 0, to = y * size * 3; i < size * 3; i++, to++) {
      const sum = (((ONE - weight) * (above[i] >> 4)) >> 16) + ((weight * (below[i] >> 4)) >> 16);
      result[to] = (sum + 2) >> 2;
    }
  });
  return result;
}

function resizeRow(rgba, start, taps, size) {
  const row = new Int32Array(size * 3);
  taps.forEach(({ first, second, weight }, x) => {
    for (let channel = 0; channel < 3; channel++) {
      const [left, right] = [rgba[4 * (start + first) + channel], rgba[4 * (start + second) + channel]];
      row[3 * x + channel] = (ONE - weight) * left + weight * right;
    }
  });
  return row;
}

// The two source pixels that pixel `i` of the result lies between, and the weight of the second. OpenCV computes in float32.
function tap(i, side, size) {
  const position = Math.fround((i + 0.5) * (side / size) - 0.5);
  const first = Math.min(Math.max(Math.floor(position), 0), side - 1);
  const between = position > 0 && first < side - 1 ? Math.fround(position - first) : 0;
  return { first, second: Math.min(first + 1, side - 1), weight: roundHalfToEven(between * ONE) };
}

function roundHalfToEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 ? 2 * Math.round(value / 2) : rounded;
}
