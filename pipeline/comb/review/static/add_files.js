/** Files as browsers hand them over: chosen, or dropped, with those in folders. */

/** @typedef {import("./add_model.js").Chosen} Chosen */

/** Folders that programs leave, in which nobody keeps documents. */
const LEFT = /^(\.|__MACOSX$)/;

/** @param {FileList|null} files @returns {Chosen[]} */
export const chosen = (files) => [...(files ?? [])].map((file) => ({ name: file.webkitRelativePath || file.name, file }));

/** @param {DataTransfer|null} data @returns {Promise<Chosen[]>} all files that were dropped, those in folders too */
export async function dropped(data) {
  // The list is empty once this function has waited for anything.
  const entries = [...(data?.items ?? [])].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.());
  const files = chosen(data?.files ?? null);
  if (entries.some((entry) => !entry)) return files;
  const found = await Promise.all(entries.map((entry) => inside(/** @type {FileSystemEntry} */ (entry), "")));
  return found.flat();
}

/** @param {FileSystemEntry} entry @param {string} above @returns {Promise<Chosen[]>} */
async function inside(entry, above) {
  const name = above + entry.name;
  if (LEFT.test(entry.name)) return [];
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
    return [{ name, file: /** @type {File} */ (file) }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {Chosen[]} */
  const found = [];
  // Browsers hand out a folder in parts.
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!part.length) return found;
    for (const one of part) found.push(...(await inside(one, `${name}/`)));
  }
}
