// Read and write zip files with fflate. What is read was written elsewhere, so it is checked first.

import { unzipSync, zipSync } from "../fflate/browser.js";

const LARGEST = 64 * 2 ** 20; // bytes of all files together; a learned model has some 3 million
const BY_SYSTEM = /(^|\/)(__MACOSX|\.DS_Store|Thumbs\.db|desktop\.ini)(\/|$)/; // written by file managers

// Return the bytes of a zip file. `files` are the bytes of each path.
export const zip = (files) => zipSync(files, { level: 0 });

// Return the bytes of each file, by path. `name` is that of the zip file, for messages.
export function unzip(bytes, name) {
  let size = 0;
  let climbing = null;
  const filter = (file) => {
    if (climbs(file.name)) climbing ??= file.name;
    size += file.originalSize;
    return size <= LARGEST && climbing === null && !file.name.endsWith("/") && !BY_SYSTEM.test(file.name);
  };
  let files;
  try {
    files = unzipSync(bytes, { filter });
  } catch (error) {
    throw new Error(
      `${name} is not a zip file, or it is damaged. Choose a zip file that was saved here, or zip the folder again.`,
      {
        cause: error,
      },
    );
  }
  if (climbing !== null) {
    throw new Error(`${name} was not opened: it contains the path ${JSON.stringify(climbing)}, which leads out of its folder.`);
  }
  if (size > LARGEST) {
    throw new Error(`${name} was not opened: its files have ${Math.round(size / 1e6)} MB, more than any model of this page.`);
  }
  return files;
}

const climbs = (path) => /^[/\\]|^[A-Za-z]:|\\/.test(path) || path.split("/").includes("..");
