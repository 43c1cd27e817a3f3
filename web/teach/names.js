// Names of actions, which become the labels of a model.

const LONGEST = 40; // characters
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u; // control characters, line breaks, halves of characters

// Return a name without surrounding spaces. Throws an Error if it cannot be a label, or is one of the `others`.
export function toName(text, others) {
  const name = text.trim().normalize("NFC");
  if (!name || [...name].length > LONGEST || UNPRINTABLE.test(name)) {
    throw new Error(`The name ${JSON.stringify(name.slice(0, LONGEST))} cannot be used. Choose 1 to ${LONGEST} characters.`);
  }
  if (others.some((other) => other.toLowerCase() === name.toLowerCase())) {
    throw new Error(`The name ${name} is taken. Choose a different name for each action.`);
  }
  return name;
}

// Return a name that is not taken.
export function newName(others) {
  for (let n = 1; ; n++) if (!others.includes(`action ${n}`)) return `action ${n}`;
}
