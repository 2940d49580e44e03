// Fields for files in Swagger UI: each gets the example of the document as its file, as no page can name one on a disk.

/**
 * Put examples into all fields for files that appear within an element, once each.
 * @param {Element} within
 * @param {(operation: string, field: string) => string | undefined} exampleOf
 */
export function fillFiles(within, exampleOf) {
  /** @type {WeakSet<HTMLInputElement>} */
  const seen = new WeakSet();
  const look = () => {
    for (const input of within.querySelectorAll("input")) {
      if (input.type !== "file" || seen.has(input)) continue;
      seen.add(input);
      fill(input, exampleOf);
    }
  };
  new MutationObserver(look).observe(within, { childList: true, subtree: true });
  look();
}

/**
 * @param {HTMLInputElement} input
 * @param {(operation: string, field: string) => string | undefined} exampleOf
 */
function fill(input, exampleOf) {
  const operation = input.closest(".opblock")?.id.split("-").at(-1) ?? "";
  const field = input.closest("[data-property-name]")?.getAttribute("data-property-name") ?? "";
  const example = exampleOf(operation, field);
  if (example === undefined) return;
  const files = new DataTransfer();
  files.items.add(new File([example], field === "" ? "example.bin" : "example.csv"));
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}
