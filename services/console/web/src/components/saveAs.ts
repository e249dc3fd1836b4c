/** Hands a file to the browser, to be kept under its name. */
export function saveAs(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser has taken hold of it once this task is over.
  setTimeout(() => { URL.revokeObjectURL(link.href); }, 0);
}
