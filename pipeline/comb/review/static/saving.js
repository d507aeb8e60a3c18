/** Files that the server has made, saved by the browser. */

/** @typedef {{name: string, type: string, data: string}} Attachment  Bytes in base64. */

/** @param {Attachment} file */
export function save(file) {
  const bytes = Uint8Array.from(atob(file.data), (char) => char.charCodeAt(0));
  saveBlob(file.name, new Blob([bytes], { type: file.type }));
}

/** @param {string} name @param {Blob} blob */
function saveBlob(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
