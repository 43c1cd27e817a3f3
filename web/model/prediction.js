// Probabilities, and the most probable actions.

export function softmax(logits) {
  const maximum = logits.reduce((a, b) => Math.max(a, b));
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - maximum));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

// Return the indices of the `count` largest values, the largest first.
export function largest(values, count) {
  const indices = Array.from(values, (_, i) => i);
  return indices.sort((a, b) => values[b] - values[a]).slice(0, count);
}

// Return pairs of a label and a probability, in descending order.
export function topActions(labels, logits, count = 5) {
  const probabilities = softmax(logits);
  return largest(probabilities, count).map((i) => [labels[i], probabilities[i]]);
}
