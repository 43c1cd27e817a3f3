// Download a file of the page, and verify it before it is used.

import { sha256 } from "./sha256.js";

const AGAIN = "Load the page again; if that does not help, tell whoever runs this site.";

// Return the bytes of the file `data/{name}` below `base`. Throws an Error if it cannot be downloaded or has another SHA-256.
export async function download(base, name, expected, onProgress = () => {}) {
  let bytes;
  try {
    const response = await fetch(new URL(`data/${name}`, base));
    if (!response.ok) throw new Error(`the server replied ${response.status}`);
    bytes = await read(response, onProgress);
  } catch (error) {
    throw new Error(`${name} could not be downloaded (${error.message}). ${AGAIN}`, { cause: error });
  }
  const found = await sha256(bytes);
  if (found !== expected) {
    throw new Error(
      `${name} is not the published file, so it was not used: its SHA-256 is ${found}; expected ${expected}. ${AGAIN}`,
    );
  }
  return bytes;
}

async function read(response, onProgress) {
  const total = Number(response.headers.get("Content-Length"));
  const chunks = [];
  let size = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
    if (total) onProgress(Math.min(1, size / total)); // a compressed file is longer than its download
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
