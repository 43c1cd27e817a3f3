// The minimum of a smooth convex function, by L-BFGS (Nocedal & Wright, "Numerical Optimization", algorithm 7.5).

const MOST_STEPS = 1000;
const MEMORY = 10; // steps that are remembered, as in SciPy
const DECREASE = 1e-4; // the least part of the decrease that the gradient promises

// Return the minimum: no partial derivative is larger than `tolerance` there. `f(x, gradient)` returns the value at `x`, and writes
// the gradient; `x` is where the search begins, and `curvatures` are the second derivatives there.
export function minimize(f, x, tolerance, curvatures) {
  let gradient = new Float64Array(x.length);
  let value = f(x, gradient);
  const memory = [];
  for (let step = 0; step < MOST_STEPS && largest(gradient) > tolerance; step++) {
    const direction = descent(gradient, memory, curvatures);
    const next = lineSearch(f, { x, value, slope: dot(direction, gradient) }, direction);
    if (!next) break; // no step improves it: the value is as small as rounding errors allow
    const s = difference(next.x, x);
    const y = difference(next.gradient, gradient);
    if (dot(s, y) > 0) memory.push({ s, y, curvature: dot(s, y) });
    if (memory.length > MEMORY) memory.shift();
    ({ x, gradient, value } = next);
  }
  return x;
}

// Halve the length of a step until the value decreases enough.
function lineSearch(f, { x, value, slope }, direction) {
  const next = { x: new Float64Array(x.length), gradient: new Float64Array(x.length) };
  for (let length = 1; length > 1e-12; length /= 2) {
    next.x.set(x);
    add(next.x, length, direction);
    next.value = f(next.x, next.gradient);
    if (next.value <= value + DECREASE * length * slope) return next.value < value ? next : null;
  }
  return null;
}

// Minus the product of the gradient and the inverse Hessian, which the last steps and the curvatures approximate.
function descent(gradient, memory, curvatures) {
  const direction = gradient.map((value) => -value);
  const alphas = [];
  for (const { s, y, curvature } of [...memory].reverse()) {
    const alpha = dot(s, direction) / curvature;
    alphas.unshift(alpha);
    add(direction, -alpha, y);
  }
  const last = memory.at(-1);
  const scale = last ? last.curvature / last.y.reduce((sum, value, i) => sum + value ** 2 / curvatures[i], 0) : 1;
  for (let i = 0; i < direction.length; i++) direction[i] *= scale / curvatures[i];
  memory.forEach(({ s, y, curvature }, i) => add(direction, alphas[i] - dot(y, direction) / curvature, s));
  return direction;
}

export function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

// Add `factor` times `values` to `target`.
export function add(target, factor, values) {
  for (let i = 0; i < target.length; i++) target[i] += factor * values[i];
}

function largest(values) {
  let found = 0;
  for (const value of values) found = Math.max(found, Math.abs(value));
  return found;
}

function difference(a, b) {
  const values = Float64Array.from(a);
  add(values, -1, b);
  return values;
}
