// Serves the files of the page from the browser's storage, all of the same version. files.js, which make web writes, lists them.

self.importScripts("files.js");

const { version, names } = self.FILES;
const PREFIX = `${self.registration.scope} `; // other pages of the same site may have caches, too
const CACHE = PREFIX + version;
const runtime = new URL(location.href).searchParams.get("runtime");
const needed = names.filter((name) => !name.startsWith("litert/litert_wasm") || name.startsWith(`litert/${runtime}.`));

async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll(["./", ...needed].map((name) => new Request(name, { cache: "no-cache" })));
  await self.skipWaiting(); // a new version is shown when the page is loaded the next time
}

async function removeOldVersions() {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function respond(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(removeOldVersions()));
self.addEventListener("fetch", (event) => event.respondWith(respond(event.request)));
