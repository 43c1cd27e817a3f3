// Multinomial logistic regression with an L2 penalty, in which each class has the same weight, however many points it has: with the
// same minimum as scikit-learn's LogisticRegression(C, class_weight="balanced").

import { add, dot, minimize } from "./minimize.js";

// Prepare to learn from `rows`, Float64Arrays of K numbers. Returns `axes`, an orthonormal basis of what the rows span, and
// `points`, the coordinates of the rows. The learned weights lie in this space, which has at most as many dimensions as there are
// rows, so learning in it changes no logit and saves most of the time.
export function span(rows) {
  const axes = [];
  const points = [];
  for (const row of rows) {
    const rest = Float64Array.from(row);
    const point = new Float64Array(rows.length); // 0 along the axes that come later
    axes.forEach((axis, j) => {
      point[j] = dot(rest, axis);
      add(rest, -point[j], axis);
    });
    const length = Math.sqrt(dot(rest, rest));
    if (length > 1e-9 * Math.sqrt(dot(row, row))) {
      point[axes.length] = length;
      axes.push(rest.map((value) => value / length));
    }
    points.push(point);
  }
  return { axes, points: points.map((point) => point.slice(0, axes.length)) };
}

export const project = (row, axes) => Float64Array.from(axes, (axis) => dot(row, axis));

// Minimize C * (weighted sum of the cross entropies) + (sum of the squared weights) / 2. The biases are not penalized.
//
// `points` are Float64Arrays of J numbers, and `classes` are their classes, from 0 to `count` - 1. Returns an array of `count` times
// J weights and a bias. For two classes, scikit-learn has one logit; here they are minus and plus half of it. `begin` is an earlier
// result, which is near the minimum.
export function fitLogistic(points, classes, count, C, { tolerance = 1e-6, begin } = {}) {
  const penalty = 1 / ((count === 2 ? C / 2 : C) * points.length); // two weights of half the size have half the penalty
  const sizes = new Float64Array(count);
  for (const own of classes) sizes[own] += 1;
  const shares = Float64Array.from(classes, (own) => 1 / (count * sizes[own])); // they add up to 1
  const start = begin ? begin.slice() : new Float64Array(count * (points[0].length + 1));
  const loss = (x, gradient) => meanLoss(points, classes, shares, count, penalty, x, gradient);
  return minimize(loss, start, tolerance, secondDerivatives(points, shares, count, penalty, start));
}

// Return the probabilities of the classes at a point.
export function classProbabilities(x, count, point) {
  return softmax(logitsAt(x, point, new Float64Array(count)));
}

// Replace logits by probabilities, without a new array: this runs millions of times.
function softmax(logits) {
  const largest = Math.max(...logits);
  let sum = 0;
  for (let c = 0; c < logits.length; c++) sum += logits[c] = Math.exp(logits[c] - largest);
  for (let c = 0; c < logits.length; c++) logits[c] /= sum;
  return logits;
}

function logitsAt(x, point, logits) {
  const J = point.length;
  for (let c = 0, at = 0; c < logits.length; c++, at++) {
    let sum = 0;
    for (let j = 0; j < J; j++, at++) sum += x[at] * point[j];
    logits[c] = sum + x[at];
  }
  return logits;
}

// Return the loss, divided by C and the number of points, and write its gradient.
function meanLoss(points, classes, shares, count, penalty, x, gradient) {
  const J = points[0].length;
  const errors = new Float64Array(count);
  let [loss, squares] = [0, 0];
  gradient.fill(0);
  points.forEach((point, i) => {
    softmax(logitsAt(x, point, errors));
    loss -= Math.log(Math.max(errors[classes[i]], Number.MIN_VALUE)) * shares[i];
    errors[classes[i]] -= 1;
    for (let c = 0, at = 0; c < count; c++, at++) {
      const error = errors[c] * shares[i];
      for (let j = 0; j < J; j++, at++) gradient[at] += error * point[j];
      gradient[at] += error;
    }
  });
  for (let c = 0, at = 0; c < count; c++, at++) {
    for (let j = 0; j < J; j++, at++) {
      squares += x[at] ** 2;
      gradient[at] += penalty * x[at];
    }
  }
  return loss + (penalty * squares) / 2;
}

// Return the second derivative of the loss for each weight and bias.
function secondDerivatives(points, shares, count, penalty, x) {
  const J = points[0].length;
  const derivatives = new Float64Array(x.length);
  const found = new Float64Array(count);
  points.forEach((point, i) => {
    softmax(logitsAt(x, point, found));
    for (let c = 0, at = 0; c < count; c++, at++) {
      const variance = found[c] * (1 - found[c]) * shares[i];
      for (let j = 0; j < J; j++, at++) derivatives[at] += variance * point[j] ** 2;
      derivatives[at] += variance;
    }
  });
  const isBias = (i) => i % (J + 1) === J;
  return derivatives.map((value, i) => (isBias(i) ? Math.max(value, Number.EPSILON) : value + penalty));
}
