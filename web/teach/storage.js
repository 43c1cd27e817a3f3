// What was recorded and learned, in the browser's own storage (IndexedDB), so that closing the page loses nothing.

const STORES = ["actions", "clips", "settings"];
const ELSEWHERE =
  "Teach is open in another tab or window, which keeps its clips safe. Continue there, or close it to continue here.";
const NO_STORAGE = "This browser stores nothing for this page, for example in a private window: all is lost when you close it.";

// Of the database and the lock. Pages of the same site at other paths have their own.
const ownName = () => `teach ${new URL(".", location.href).pathname}`;

// Return `storage`, or null and the `problem`. Two tabs would not see each other's clips, so the second one waits until the first is
// closed; `onWait(text)` is called if it has to. Pages at http:// addresses cannot lock: there, each tab has its own view.
export async function openStorage(onWait) {
  try {
    if (navigator.locks) await lock(onWait);
    return { storage: await Storage.open() };
  } catch (error) {
    return { storage: null, problem: `${NO_STORAGE} (${error.name})` };
  }
}

// Resolve when this page has the lock, which it keeps until it is closed.
function lock(onWait) {
  const forever = new Promise(() => {});
  return new Promise((resolve, reject) => {
    const hold = (granted) => {
      if (!granted) {
        onWait(ELSEWHERE);
        return navigator.locks.request(ownName(), hold);
      }
      resolve();
      return forever;
    };
    navigator.locks.request(ownName(), { ifAvailable: true }, hold).catch(reject);
  });
}

export class Storage {
  static async open() {
    const request = indexedDB.open(ownName(), 1);
    request.onupgradeneeded = () => STORES.forEach((store) => request.result.createObjectStore(store));
    return new Storage(await finished(request));
  }

  constructor(database) {
    this.database = database;
  }

  // Return the values of a store, by key, in the order of the keys.
  async all(store) {
    const objects = this.database.transaction(store).objectStore(store);
    const [keys, values] = await Promise.all([finished(objects.getAllKeys()), finished(objects.getAll())]);
    return new Map(keys.map((key, i) => [key, values[i]]));
  }

  // Write all or nothing: `entries` are [store, key, value]; a value that is undefined is deleted.
  write(...entries) {
    return this.change(STORES, (transaction) => {
      for (const [store, key, value] of entries) {
        const objects = transaction.objectStore(store);
        if (value === undefined) objects.delete(key);
        else objects.put(value, key);
      }
    });
  }

  clear() {
    return this.change(STORES, (transaction) => STORES.forEach((store) => transaction.objectStore(store).clear()));
  }

  change(stores, action) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(stores, "readwrite");
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new DOMException("", "AbortError"));
      action(transaction);
    });
  }
}

function finished(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// What an error of the storage means for what was to be kept.
export function explainStorage(error) {
  const full = error.name === "QuotaExceededError";
  return `${full ? "The browser's storage is full" : `The browser cannot store it (${error.name})`}: it stays here until the page is closed.`;
}
