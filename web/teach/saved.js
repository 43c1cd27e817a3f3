// A learned model as a zip file of the folder that Python's `save` writes and its `load_model` reads; see helpers/models/learned/.

import { sha256 } from "../model/sha256.js";
import { readNpy, writeNpy } from "./npy.js";
import { unzip, zip } from "./zip.js";

export const FOLDER = "my_actions"; // in the zip file
const [NETWORK, CLASSIFIER, LABELS, CARD] = ["network.tflite", "classifier.npz", "labels.txt", "model_card.json"];
const FORMAT = 2; // as in helpers/models/learned/card.py
const AGAIN = "Copy the whole folder and zip it again, or learn its actions again.";

// Return the bytes of a zip file. `network` are the bytes of MoViNet-A0; the rest is what was learned.
export async function toZip(network, { labels, weights, bias, card }) {
  const arrays = {
    "weights.npy": writeNpy(weights, [weights.length / labels.length, labels.length]),
    "bias.npy": writeNpy(bias, [labels.length]),
  };
  const text = labels.map((label) => `${label}\n`).join("");
  const files = { [CLASSIFIER]: zip(arrays), [LABELS]: new TextEncoder().encode(text), [NETWORK]: network };
  const hashes = {};
  for (const [name, bytes] of Object.entries(files)) hashes[name] = await sha256(bytes);
  files[CARD] = new TextEncoder().encode(`${JSON.stringify({ ...card, format: FORMAT, files: hashes }, null, 1)}\n`);
  return zip(Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${FOLDER}/${name}`, bytes])));
}

// Return `labels`, `weights`, `bias` and the `card` of a model. `name` is that of the zip file, and `expected` the SHA-256 of the
// network that this page runs. Throws an Error that says what is wrong.
export async function fromZip(bytes, name, expected) {
  const files = withoutFolder(unzip(bytes, name), name);
  const card = readCard(files, name);
  if ("saved_model.pb" in files) {
    throw new Error(`${name} contains a model that was learned with I3D, which runs only in Python. Learn with MoViNet-A0.`);
  }
  for (const [file, hash] of Object.entries({ [NETWORK]: "", [CLASSIFIER]: "", [LABELS]: "", ...card.files })) {
    if (!Object.hasOwn(files, file)) throw new Error(`${name} is not complete: ${file} is missing. ${AGAIN}`);
    if ((await sha256(files[file])) !== hash) throw new Error(`${name}: ${file} was changed, or is from another model. ${AGAIN}`);
  }
  if (card.files[NETWORK] !== expected) {
    throw new Error(`${name} contains another network than MoViNet-A0, which is the only one that this page runs.`);
  }
  try {
    return { ...readClassifier(files), card };
  } catch (error) {
    throw new Error(`${name} is damaged (${error.message}). ${AGAIN}`, { cause: error });
  }
}

// The files of the folder with the card, by name.
function withoutFolder(files, name) {
  const paths = Object.keys(files).filter((path) => path === CARD || path.endsWith(`/${CARD}`));
  if (paths.length !== 1) {
    const found = paths.length ? `${paths.length} learned models; expected one` : `no learned model: ${CARD} is missing`;
    throw new Error(
      `${name} contains ${found}. Choose a zip file that was saved here, or zip the folder of a model from Python.`,
    );
  }
  const folder = paths[0].slice(0, -CARD.length);
  const own = Object.entries(files).filter(([path]) => path.startsWith(folder));
  return Object.fromEntries(own.map(([path, bytes]) => [path.slice(folder.length), bytes]));
}

function readCard(files, name) {
  let card;
  try {
    card = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(files[CARD]));
  } catch (error) {
    throw new Error(`${name}: ${CARD} is damaged (${error.message}). ${AGAIN}`, { cause: error });
  }
  if (card?.format !== FORMAT || typeof card.files !== "object" || card.files === null) {
    throw new Error(`${name} has format ${card?.format ?? "1"}, but this page reads format ${FORMAT}. Learn its actions again.`);
  }
  return card;
}

function readClassifier(files) {
  const arrays = unzip(files[CLASSIFIER], CLASSIFIER);
  const [weights, bias] = ["weights.npy", "bias.npy"].map((name) => readNpy(arrays[name] ?? new Uint8Array()));
  const lines = new TextDecoder("utf-8", { fatal: true }).decode(files[LABELS]).split(/\r\n|\r|\n/);
  const labels = lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  const [K, count] = weights.shape;
  if (K !== 600 || count !== labels.length || bias.shape.join() !== String(count)) {
    throw new Error(`${labels.length} labels, but arrays of the shapes [${weights.shape}] and [${bias.shape}]`);
  }
  if (![...weights.values, ...bias.values].every(Number.isFinite)) throw new Error("weights that are not finite");
  return { labels, weights: weights.values, bias: bias.values };
}
