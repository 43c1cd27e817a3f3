// Save a file as the browser saves downloads.

// `content` is text or bytes, and `type` the media type.
export function saveFile(content, name, type) {
  const href = URL.createObjectURL(new Blob([content], { type }));
  Object.assign(document.createElement("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000); // after the browser has read it
}
